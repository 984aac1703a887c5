using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Packing;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A packed model is measured with the kernels that run it, and what they measure is kept apart.</summary>
public sealed class MeasuringPackedModels : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly PerplexityText text;

    public MeasuringPackedModels()
    {
        string path = directory["eval.txt"];
        File.WriteAllText(path, File.ReadAllText(Repository.Text("sample-eval.txt"))[..3_000]);
        text = new PerplexityText("eval", new TextSource([path], "text"), 64, new SourceLocation(path));
        Directory.CreateDirectory(directory["pruned"]);
        foreach (string file in Directory.EnumerateFiles(ShallowModel.Of("tiny-opt")))
        {
            File.Copy(file, directory[$"pruned/{Path.GetFileName(file)}"]);
        }

        StoredTensors tensors = StoredTensors.Of(directory["pruned"]);
        foreach ((string name, (_, long[] shape, byte[] bytes)) in tensors)
        {
            for (
                int weight = 0;
                shape.Length > 1 && name.Contains(".layers.", StringComparison.Ordinal) && weight < bytes.Length / 2;
                weight++)
            {
                if (weight * 7919 % 13 < 4)
                {
                    bytes.AsSpan(weight * 2, 2).Clear();
                }
            }
        }

        tensors.Write(directory["pruned/model.safetensors"]);
        new ModelPacking(directory["pruned"], directory["packed"], new Progress<BuildProgress>(), default).Pack();
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Its_perplexity_is_that_of_the_unpacked_one_but_for_rounding()
    {
        double expected = Measure("pruned").Value;
        Measure("packed").Value.ShouldBe(expected, 1e-6 * expected);
    }

    [Fact]
    public void Only_a_packed_model_is_measured_so_and_under_keys_of_its_own()
    {
        BuildCache cache = BuildCache.Open(directory["cache"], remote: null, _ => { });
        using IEngine packed = Devices.OpenToMeasure(
            directory["packed"],
            new EngineChoice(DeviceNames.Auto) { Threads = 1 });
        using IEngine dense = Devices.OpenToMeasure(
            directory["pruned"],
            new EngineChoice(DeviceNames.Cpu) { Threads = 1 });
        using IEngine build = Devices.Open(new EngineChoice(DeviceNames.Cpu) { Threads = 1 });
        dense.NumericsClass.ShouldBe(build.NumericsClass);
        packed.NumericsClass.ShouldNotBe(build.NumericsClass);
        Key(packed).ShouldNotBe(Key(build));

        string Key(IEngine engine)
            => new DenseModel(directory["packed"], engine.NumericsClass, cache).EvaluationKey("digest", text);
    }

    private Perplexity Measure(string model)
    {
        BuildCache cache = BuildCache.Open(directory["cache"], remote: null, _ => { });
        using IEngine engine = Devices.OpenToMeasure(directory[model], new EngineChoice(DeviceNames.Cpu));
        var measured = new DenseModel(directory[model], engine.NumericsClass, cache);
        return new PerplexityMeter(measured, engine, MemoryBudget.Default).OfDense(text, default);
    }
}
