using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>A model of random weights with the layers that a test asks for, in a checkpoint that is written without the
/// code under test.</summary>
internal sealed class RandomModel : IDisposable
{
    public const int SequenceLength = 16;
    private const int Vocabulary = 300;

    /// <summary>What stands in a stored tensor where no definition says what it is.</summary>
    private const float Filling = 0.5f;

    private readonly TempDirectory directory = new();
    private readonly Random random = new(3);

    public RandomModel(
        IReadOnlyList<LayerDefinition> layers,
        int hidden,
        ElementType type = ElementType.F32,
        Action<RandomWeights>? configure = null)
    {
        configure?.Invoke(Weights);
        var tokens = new TensorShape("embed", Vocabulary, hidden);
        var norm = NormDefinition.LayerNorm("norm", hidden, 1e-5f);
        Definition = new ModelDefinition(
            "RandomForCausalLM", Vocabulary, hidden, SequenceLength, new EmbeddingDefinition(tokens),
            layers, new HeadDefinition(norm, Projection: null, tokens));
        Write(directory.Path, type);
        Model = DecoderModel.Open(directory.Path, Definition, Backend);
    }

    public IBackend Backend { get; } = new CpuBackend(threads: 2);

    public RandomWeights Weights { get; } = new();

    public ModelDefinition Definition { get; }

    /// <summary>The vectors of tokens.</summary>
    public double[,] Table { get; private set; } = new double[0, 0];

    public DecoderModel Model { get; }

    /// <summary>Windows of random tokens.</summary>
    public CalibrationTokens Tokens(int windows = 40) =>
        new([.. Enumerable.Range(0, windows * SequenceLength).Select(_ => random.Next(Vocabulary))], SequenceLength);

    public List<PrunedLayer> Prune(
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationTokens? tokens = null,
        IProgress<PruningProgress>? progress = null)
    {
        tokens ??= Tokens();
        SparsityPlan spread = BudgetAllocation.Allocate(Model, settings, plan, tokens, progress: progress);
        return [.. new ModelPruner(Model, settings, spread, tokens, progress).Run()];
    }

    public static SparsityPlan Plan(string pattern, params (string Match, string? Pattern)[] rules) => new(
        PruneRun.Pattern(pattern), [.. rules.Select(
            rule => new SparsityRule(rule.Match, rule.Pattern is null ? null : PruneRun.Pattern(rule.Pattern)))]);

    /// <summary>A layer as a prune has left it.</summary>
    public DecoderLayer Load(PrunedLayer pruned) => Model.LoadLayer(pruned.Index, pruned.Overlay());

    /// <summary>The pruned model, written to files and opened again.</summary>
    public DecoderModel Write(IEnumerable<PrunedLayer> layers)
    {
        string target = directory[Guid.NewGuid().ToString("N")];
        using (var writer = new CheckpointWriter(Model.Checkpoint, target))
        {
            foreach (PrunedTensor tensor in layers.SelectMany(layer => layer.Tensors))
            {
                writer.WriteBytes(tensor.Tensor, tensor.FirstByte, tensor.Bytes);
            }

            writer.Complete();
        }

        return DecoderModel.Open(target, Definition, Backend);
    }

    /// <summary>A whole stored tensor.</summary>
    public static float[] Read(DecoderModel model, string name)
    {
        TensorInfo tensor = model.Checkpoint[name];
        var values = new float[tensor.ElementCount];
        model.Checkpoint.Read(tensor, 0, values);
        return values;
    }

    /// <summary>Where the elements of a slice lie in its stored tensor, row by row.</summary>
    public static IEnumerable<int> Places(TensorSlice slice)
    {
        int start = slice.Plane * slice.Tensor.Rows * slice.Tensor.Columns;
        for (int i = 0; i < slice.Rows; i++)
        {
            for (int j = 0; j < slice.Columns; j++)
            {
                int output = slice.Tensor.IsVector ? j : i;
                int stored = slice.Outputs is { } range
                    ? range.First + output / range.Run * range.Stride + output % range.Run
                    : output;
                yield return start
                    + (slice.Tensor.IsVector
                        ? stored
                        : slice.IsTransposed ? j * slice.Tensor.Columns + stored : stored * slice.Tensor.Columns + j);
            }
        }
    }

    private void Write(string target, ElementType type)
    {
        Dictionary<string, float[]> tensors = Definition.Tensors.ToDictionary(
            tensor => tensor.Name, tensor => Enumerable.Repeat(
                Filling,
                (int)tensor.PlaneLength * Math.Max(1, tensor.Planes)).ToArray());
        Table = Weights.Random(Vocabulary, Definition.HiddenSize);
        Put(new TensorSlice(Definition.Embedding.Tokens), Table);
        PutNorm(Definition.Head.Norm!);
        foreach (BlockDefinition block in Definition.Layers.SelectMany(layer => layer.Blocks))
        {
            foreach (NormDefinition norm in block.Norms)
            {
                PutNorm(norm);
            }

            if (block.Mixer is AttentionDefinition { Sinks: { } sinks })
            {
                Put(sinks, Weights.Small(sinks));
            }

            foreach (LinearDefinition linear in block.Mixer.Linears)
            {
                Put(linear.Weight, Weights.Weight(linear));
                if (linear.Bias is not null)
                {
                    Put(linear.Bias, Weights.Bias(linear)!);
                }
            }
        }

        Save(Path.Combine(target, "model.safetensors"), type, tensors);

        void Put(TensorSlice slice, double[,] values)
        {
            foreach ((int place, double value) in Places(slice).Zip(values.Cast<double>()))
            {
                tensors[slice.Tensor.Name][place] = (float)value;
            }
        }

        void PutNorm(NormDefinition norm)
        {
            if (norm.Gain.Count == 1)
            {
                Put(norm.Gain[0], Weights.Gain(norm)!);
            }

            if (norm.Bias is not null)
            {
                Put(norm.Bias, Weights.Bias(norm)!);
            }
        }
    }

    private void Save(string path, ElementType type, Dictionary<string, float[]> tensors)
    {
        Dictionary<string, object> header = [];
        List<byte> data = [];
        foreach (TensorShape shape in Definition.Tensors)
        {
            int begin = data.Count;
            var bytes = new byte[tensors[shape.Name].Length * type.Size()];
            NumberFormats.FromSingle(tensors[shape.Name], type.Format(), bytes);
            data.AddRange(bytes);
            header[shape.Name] = new
            {
                dtype = type.ToString(),
                shape = shape.Dimensions,
                data_offsets = new[]
            {
                begin,
                data.Count
            }
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(path, [.. length, .. json, .. CollectionsMarshal.AsSpan(data)]);
    }

    public void Dispose()
    {
        Model.Dispose();
        Backend.Dispose();
        directory.Dispose();
    }
}
