using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>
/// A build of a moment. Two of them leave an entry of every kind in a cache: layers, an artifact, a budget and
/// perplexities; experts that stay.
/// </summary>
internal sealed class SmallBuild
{
    private readonly TempDirectory directory;
    private readonly string name;

    private SmallBuild(TempDirectory directory, string name, string recipe)
    {
        (this.directory, this.name) = (directory, name);
        File.WriteAllText(directory["pruning.yaml"], recipe);
    }

    /// <summary>Writes the recipe of a model of dense layers.</summary>
    public SmallBuild(TempDirectory directory)
        : this(directory, "a", $$"""
            version: 1
            model: {{ShallowModel.Of("tiny-llama")}}
            calibration: { text: text.txt, samples: 2, sequenceLength: 32 }
            evaluation: { perplexity: { prose: { text: text.txt, sequenceLength: 32 } } }
            artifacts:
              a: { method: magnitude, sparsity: 0.5, settings: { allocation: owl } }

            """) =>
        File.WriteAllText(directory["text.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..3000]);

    /// <summary>Where the artifact stands.</summary>
    public string Artifact => directory[$"models/{name}"];

    /// <summary>Writes the recipe of a mixture of experts of which half are dropped.</summary>
    public static SmallBuild OfExperts(TempDirectory directory)
    {
        TokenIds.Write(directory["ids.npy"], 64);
        return new SmallBuild(directory, "mixture", $$"""
            version: 1
            model: {{Repository.Family("mixtral")}}
            calibration: { text: ids.npy, samples: 4, sequenceLength: 16 }
            artifacts:
              mixture: { method: magnitude, sparsity: 0.5, experts: { keep: 0.5 } }

            """);
    }

    /// <summary>Its lock file.</summary>
    public string LockFile => directory["pruning.lock.json"];

    /// <summary>Builds with a cache; an artifact that stands there from before is removed.</summary>
    public ArtifactOutcome Run(BuildCache cache)
    {
        Remove();
        return Run(cache, new BuildOptions());
    }

    /// <summary>As <see cref="Run(BuildCache)"/>, on an engine of the caller's.</summary>
    public ArtifactOutcome Run(BuildCache cache, IEngine engine)
    {
        Remove();
        return new RecipeBuild(Recipe(), directory["models"], engine, cache).Run(
            new BuildOptions(),
            CancellationToken.None).Single();
    }

    /// <summary>Builds with a cache what there is to build.</summary>
    public ArtifactOutcome Run(BuildCache cache, BuildOptions options, IProgress<BuildProgress>? progress = null)
    {
        using IEngine engine = Devices.Open(new EngineChoice(DeviceNames.Cpu) { Threads = 1 });
        return new RecipeBuild(Recipe(), directory["models"], engine, cache, progress).Run(
            options,
            CancellationToken.None).Single();
    }

    /// <summary>What a build would do.</summary>
    public ArtifactPlan Plan(BuildCache cache)
    {
        using IEngine engine = Devices.Open(new EngineChoice(DeviceNames.Cpu) { Threads = 1 });
        return new RecipePlan(Recipe(), directory["models"], engine.NumericsClass, cache).Plan([]).Single();
    }

    private void Remove()
    {
        if (Directory.Exists(Artifact))
        {
            Directory.Delete(Artifact, recursive: true);
        }
    }

    private Recipe Recipe() => RecipeReader.Read(directory["pruning.yaml"], ToolVersion.Current).Require();
}
