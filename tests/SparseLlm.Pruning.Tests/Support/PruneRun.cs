using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>A sample model, a calibration text and an evaluation text, ready to be pruned and measured.</summary>
internal sealed class PruneRun : IDisposable
{
    private static readonly SourceLocation Here = new("test");

    private readonly TempDirectory directory = new();
    private readonly string modelDirectory;
    private readonly int[] calibration;
    private readonly Lazy<int[]> evaluation;

    /// <param name="modelName">A sample model.</param>
    /// <param name="calibrationText">Path of a text.</param>
    /// <param name="evaluationText">Path of a text.</param>
    /// <param name="backend">What computes; disposed with the run.</param>
    /// <param name="isShallow">Whether the model has no more than its first two layers.</param>
    private PruneRun(
        string modelName,
        string calibrationText,
        string evaluationText,
        IBackend backend,
        bool isShallow = false)
    {
        modelDirectory = isShallow ? ShallowModel.Write(modelName, directory["shallow"]) : Repository.Model(modelName);
        Backend = backend;
        Model = DecoderModel.Open(modelDirectory, Backend);
        calibration = Read(calibrationText);
        evaluation = new(() => Read(evaluationText));
    }

    public IBackend Backend { get; }

    public DecoderModel Model { get; }

    /// <summary>On the sample texts of the repository.</summary>
    public static PruneRun OnSamples(string modelName, int? threads = null)
        => OnSamples(modelName, new CpuBackend(threads));

    /// <summary>On the sample texts, computed by a backend that the run disposes.</summary>
    public static PruneRun OnSamples(string modelName, IBackend backend) =>
        new(modelName, Repository.Text("sample-calibration.txt"), Repository.Text("sample-eval.txt"), backend);

    /// <summary>On the sample texts, with the first two layers of a model.</summary>
    public static PruneRun OnTwoLayers(string modelName, int? threads = null) =>
        new(
            modelName,
            Repository.Text("sample-calibration.txt"),
            Repository.Text("sample-eval.txt"),
            new CpuBackend(threads),
            isShallow: true);

    /// <summary>On the books that the peers were measured on.</summary>
    public static PruneRun OnBooks(string modelName)
    {
        string books = Repository.RequireBooks();
        return new(
            modelName,
            Path.Combine(books, "calibration.txt"),
            Path.Combine(books, "eval.txt"),
            new CpuBackend());
    }

    public static SparsityPattern Pattern(string text)
    {
        if (SparsityPattern.TryParseGroups(text, out SparsityPattern.Groups groups, out _))
        {
            return groups;
        }

        return new SparsityPattern.Unstructured(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
    }

    public CalibrationTokens Tokens(int samples = 128) =>
        CalibrationTokens.Cut(
            calibration,
            new CalibrationSettings { Samples = samples },
            Model.Definition.MaximumLength,
            Here);

    public List<PrunedLayer> Prune(PruningSettings settings, SparsityPlan plan, int samples = 128) =>
        Prune(settings, plan, Tokens(samples));

    public List<PrunedLayer> Prune(
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationTokens tokens,
        Func<int, PrunedLayer?>? known = null) =>
        [.. new ModelPruner(Model, settings, BudgetAllocation.Allocate(Model, settings, plan, tokens), tokens)
            .Run(known)];

    public List<PrunedLayer> Prune(PruningSettings settings, string pattern, int samples = 128) =>
        Prune(settings, new SparsityPlan(Pattern(pattern), []), samples);

    /// <summary>A tensor with other values, as a prune would give it.</summary>
    public PrunedTensor Tensor(string name, float[] values)
    {
        ElementType type = Model.Checkpoint[name].ElementType;
        var bytes = new byte[values.Length * type.Size()];
        NumberFormats.FromSingle(values, type.Format(), bytes);
        return new PrunedTensor(name, Plane: null, type, bytes);
    }

    /// <summary>The perplexity of the dense model.</summary>
    public double DensePerplexity() => Perplexity.Measure(Model, evaluation.Value, null, Here).Value;

    /// <summary>The perplexity of the pruned model as it is loaded from its files.</summary>
    public double PerplexityOf(IEnumerable<PrunedLayer> layers)
    {
        using DecoderModel pruned = Write(layers);
        return Perplexity.Measure(pruned, evaluation.Value, null, Here).Value;
    }

    /// <summary>The pruned model, written to files and opened again.</summary>
    public DecoderModel Write(IEnumerable<PrunedLayer> layers)
    {
        string target = directory[Guid.NewGuid().ToString("N")];
        Directory.CreateDirectory(target);
        CompanionFiles.Copy(modelDirectory, target);
        using (var writer = new CheckpointWriter(Model.Checkpoint, target))
        {
            foreach (PrunedTensor tensor in layers.SelectMany(layer => layer.Tensors))
            {
                writer.WriteBytes(tensor.Tensor, tensor.FirstByte, tensor.Bytes);
            }

            writer.Complete();
        }

        return DecoderModel.Open(target, Backend);
    }

    private int[] Read(string path)
        => CalibrationText.ReadIds(new TextSource([path]), () => Tokenizer.Load(modelDirectory));

    public void Dispose()
    {
        Model.Dispose();
        Backend.Dispose();
        directory.Dispose();
    }
}
