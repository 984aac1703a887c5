using System.Collections.Concurrent;
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
using SparseLlm.Pruning.Tables;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>A sample model, a calibration text and an evaluation text, ready to be pruned and measured.</summary>
internal sealed class PruneRun : IDisposable
{
    // A quarter of the sample text tells methods apart that are as unlike as those of the tests.
    private const int EvaluationTokens = 6000;

    private static readonly SourceLocation Here = new("test");
    private static readonly ConcurrentDictionary<(string Model, string Path), Lazy<int[]>> Texts = new();

    private readonly TempDirectory directory = new();
    private readonly string modelDirectory;
    private readonly Lazy<int[]> calibration;
    private readonly Lazy<int[]> evaluation;

    /// <param name="modelName">A sample model.</param>
    /// <param name="calibrationText">Path of a text.</param>
    /// <param name="evaluationText">Path of a text.</param>
    /// <param name="backend">What computes; disposed with the run.</param>
    /// <param name="isShallow">Whether the model has no more than its first two layers.</param>
    /// <param name="evaluationTokens">How much of the evaluation text is measured.</param>
    private PruneRun(
        string modelName,
        string calibrationText,
        string evaluationText,
        IBackend backend,
        bool isShallow = false,
        int evaluationTokens = EvaluationTokens)
    {
        modelDirectory = isShallow ? ShallowModel.Of(modelName) : Repository.Model(modelName);
        Backend = backend;
        Model = DecoderModel.Open(modelDirectory, Backend);
        calibration = Text(modelName, calibrationText);
        Lazy<int[]> whole = Text(modelName, evaluationText);
        evaluation = new(() => whole.Value[..Math.Min(evaluationTokens, whole.Value.Length)]);
    }

    public IBackend Backend { get; }

    public DecoderModel Model { get; }

    /// <summary>On the sample texts of the repository; on one thread, as the tests beside have the others.</summary>
    public static PruneRun OnSamples(string modelName, int threads = 1)
        => OnSamples(modelName, new CpuBackend(threads));

    /// <summary>On the sample texts, computed by a backend that the run disposes.</summary>
    public static PruneRun OnSamples(string modelName, IBackend backend) =>
        new(modelName, Repository.Text("sample-calibration.txt"), Repository.Text("sample-eval.txt"), backend);

    /// <summary>On the sample texts, with the first two layers of a model.</summary>
    public static PruneRun OnTwoLayers(string modelName, int threads = 1)
        => OnTwoLayers(modelName, new CpuBackend(threads));

    /// <summary>On the sample texts, with the first two layers of a model, computed by a backend that the run
    /// disposes.</summary>
    public static PruneRun OnTwoLayers(string modelName, IBackend backend) =>
        new(
            modelName,
            Repository.Text("sample-calibration.txt"),
            Repository.Text("sample-eval.txt"),
            backend,
            isShallow: true);

    /// <summary>On the books that the peers were measured on.</summary>
    public static PruneRun OnBooks(string modelName)
    {
        string books = Repository.RequireBooks();
        return new(
            modelName,
            Path.Combine(books, "calibration.txt"),
            Path.Combine(books, "eval.txt"),
            new CpuBackend(),
            evaluationTokens: int.MaxValue);
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
            calibration.Value,
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

    /// <summary>The perplexity of the dense model.</summary>
    public double DensePerplexity() => Perplexity.Measure(Model, evaluation.Value, null, Here).Value;

    /// <summary>The perplexity of the pruned model as it is loaded from its files.</summary>
    public double PerplexityOf(IEnumerable<PrunedLayer> layers)
    {
        using DecoderModel pruned = Write(layers);
        return Perplexity.Measure(pruned, evaluation.Value, null, Here).Value;
    }

    /// <summary>The pruned model, written to files and opened again.</summary>
    public DecoderModel Write(IEnumerable<PrunedLayer> layers, QuantizedTables? tables = null)
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

            foreach (TableRows rows in tables?.Rows(_ => { }, CancellationToken.None) ?? [])
            {
                writer.WriteBytes(rows.Tensor, rows.FirstByte, rows.Bytes);
            }

            writer.Complete();
        }

        return DecoderModel.Open(target, Backend);
    }

    /// <summary>The tokens of a text, which is cut into them once for all runs of a model.</summary>
    private static Lazy<int[]> Text(string model, string path) => Texts.GetOrAdd(
        (model, path),
        _ => new(() => CalibrationText.ReadIds(
            new TextSource([path]),
            () => Tokenizer.Load(Repository.Model(model)))));

    public void Dispose()
    {
        Model.Dispose();
        Backend.Dispose();
        directory.Dispose();
    }
}
