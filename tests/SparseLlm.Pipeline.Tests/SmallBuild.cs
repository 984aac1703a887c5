using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Running;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A build of a moment that leaves an entry of every kind in its cache: layers, an artifact, a budget, perplexities.</summary>
internal sealed class SmallBuild
{
    private readonly TempDirectory directory;

    /// <summary>Writes the recipe.</summary>
    public SmallBuild(TempDirectory directory)
    {
        this.directory = directory;
        File.WriteAllText(directory["text.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..3000]);
        File.WriteAllText(directory["pruning.yaml"], $$"""
            version: 1
            model: {{Repository.Model("tiny-llama")}}
            calibration: { text: text.txt, samples: 2, sequenceLength: 32 }
            evaluation: { perplexity: { prose: { text: text.txt, sequenceLength: 32 } } }
            artifacts:
              a: { method: magnitude, sparsity: 0.5, settings: { allocation: owl } }

            """);
    }

    /// <summary>Where the artifact stands.</summary>
    public string Artifact => directory["models/a"];

    /// <summary>Builds with a cache; an artifact that stands there from before is removed.</summary>
    public ArtifactOutcome Run(BuildCache cache)
    {
        if (Directory.Exists(Artifact))
        {
            Directory.Delete(Artifact, recursive: true);
        }

        Recipe recipe = RecipeReader.Read(directory["pruning.yaml"], ToolVersion.Current).Require();
        using IEngine engine = Devices.Open(DeviceNames.Cpu, threads: 1, cache);
        return new RecipeBuild(recipe, directory["models"], engine, cache).Run(new BuildOptions(), CancellationToken.None).Single();
    }
}
