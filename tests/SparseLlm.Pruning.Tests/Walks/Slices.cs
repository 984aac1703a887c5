using System.Runtime.InteropServices;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>Matrices that are parts of stored tensors: fused, interleaved, transposed, stacked.</summary>
public sealed class Slices
{
    private const int Hidden = 8;
    private const int Width = 12;

    public static IEnumerable<object[]> Parts =>
    [
        [new TensorSlice(new TensorShape("fused rows", 24, 8), StridedRange.Consecutive(8, 8), Part: "k")],
        [new TensorSlice(new TensorShape("rows head by head", 24, 8), new StridedRange(4, 4, 12, 2), Part: "k")],
        [new TensorSlice(new TensorShape("transposed", 8, 24), IsTransposed: true)],
        [new TensorSlice(
            new TensorShape("transposed and fused", 8, 24),
            StridedRange.Consecutive(16, 8),
            IsTransposed: true,
            Part: "v")],
        [new TensorSlice(new TensorShape("stacked", 6, 8, Planes: 3), Plane: 2)],
        [new TensorSlice(
            new TensorShape("stacked, transposed, every second", 8, 12, Planes: 3),
            new StridedRange(1, 1, 2, 6),
            IsTransposed: true,
            Plane: 1,
            Part: "up")],
        [new TensorSlice(TensorShape.Vector("fused vector", 24), new StridedRange(8, 4, 12, 2), Part: "v")],
        [new TensorSlice(
            new TensorShape("stacked vectors", 1, 12, IsVector: true, Planes: 3),
            new StridedRange(0, 1, 2, 6),
            Plane: 2,
            Part: "gate")],
    ];

    public static TheoryData<string, ElementType> Storages => new()
    {
        { "fused", ElementType.F32 },
        { "fused", ElementType.BF16 },
        { "head by head", ElementType.F16 },
        { "transposed", ElementType.F32 },
        { "stacked", ElementType.F32 },
        { "stacked", ElementType.BF16 },
        { "stacked and transposed", ElementType.F16 },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void What_is_taken_out_of_a_tensor_is_what_it_says_and_goes_back_to_its_place(TensorSlice slice)
    {
        float[] tensor = [.. Enumerable.Range(1, (int)slice.Tensor.PlaneLength * Math.Max(1, slice.Tensor.Planes))
            .Select(i => (float)i)];
        int start = slice.Plane * (int)slice.Tensor.PlaneLength;
        Span<float> plane = tensor.AsSpan(start, (int)slice.Tensor.PlaneLength);
        float[] expected = [.. RandomModel.Places(slice).Select(place => tensor[place])];
        var taken = new float[slice.Rows * slice.Columns];
        slice.Gather<float>(plane, taken);
        taken.ShouldBe(expected);

        float[] copy = plane.ToArray();
        var reader = new SliceReader(
            slice,
            NumberFormat.Single,
            (first, bytes) => MemoryMarshal.AsBytes(copy.AsSpan()).Slice((int)first, bytes.Length).CopyTo(bytes));
        for (int row = 0; row < slice.Rows; row++)
        {
            var values = new float[Math.Min(2, slice.Rows - row) * slice.Columns];
            reader.Read(row, values);
            values.ShouldBe(expected[(row * slice.Columns)..(row * slice.Columns + values.Length)]);
        }

        float[] others = [.. tensor];
        slice.Scatter<float>([.. taken.Select(value => -value)], plane);
        int[] places = [.. RandomModel.Places(slice)];
        tensor.ShouldBe([.. others.Select((value, i) => places.Contains(i) ? -value : value)]);
    }

    [Theory]
    [MemberData(nameof(Storages))]
    public void A_model_computes_with_its_parts_and_keeps_its_tensors_while_each_part_becomes_as_sparse_as_asked_for(
        string storage,
        ElementType type)
    {
        using var model = new RandomModel([Layer(storage)], Hidden, type);
        LayerDefinition definition = model.Definition.Layers[0];
        if (type == ElementType.F32)
        {
            ShouldComputeLiterally(model);
        }

        foreach (PruningSettings settings in new[]
        {
            new PruningSettings(),
            new PruningSettings { TuningEpochs = 1, Sequential = false },
            PruningSettings.For(PruningMethod.SparseGpt),
            PruningSettings.For(PruningMethod.Magnitude),
        })
        {
            PrunedLayer pruned = model.Prune(settings, RandomModel.Plan("0.5", ("*[k]", "0.25"), ("*v_proj*", "0.75")))
                .Single();
            pruned.Tensors.Select(tensor => tensor.Name).ShouldBeUnique();
            using DecoderModel written = model.Write([pruned]);
            foreach (LinearDefinition linear in definition.Linears.Where(linear => !linear.StaysDense))
            {
                float[] stored = RandomModel.Read(written, linear.Weight.Tensor.Name);
                double sparsity = linear.WeightName.EndsWith("[k]", StringComparison.Ordinal)
                    ? 0.25
                    : linear.WeightName.Contains("v_proj") ? 0.75 : 0.5;
                RandomModel.Places(linear.Weight).Count(place => stored[place] == 0)
                    .ShouldBe((int)(sparsity * linear.Inputs * linear.Outputs), linear.WeightName);
                LinearReport report = pruned.Linears.Single(report => report.Name == linear.WeightName);
                (report.Rows, report.Columns, report.Zeros).ShouldBe(
                    (linear.Outputs, linear.Inputs, (long)(sparsity * linear.Inputs * linear.Outputs)));
            }

            ShouldKeepTheRest(model, written);
            ShouldBeTheSame(model, written, pruned);
        }
    }

    [Fact]
    public void A_prune_that_goes_on_behind_a_layer_of_parts_and_planes_gives_the_same_bits()
    {
        using var model = new RandomModel([Layer("stacked"), Layer("fused", index: 1)], Hidden, ElementType.BF16);
        CalibrationTokens tokens = model.Tokens();
        List<PrunedLayer> whole = model.Prune(new PruningSettings(), RandomModel.Plan("0.5"), tokens);
        List<PrunedLayer> resumed =
            [.. new ModelPruner(model.Model, new PruningSettings(), RandomModel.Plan("0.5"), tokens).Run(
                index => index == 0 ? whole[0] : null)];
        resumed[1].Tensors.Select(tensor => tensor.Name).ShouldBe(whole[1].Tensors.Select(tensor => tensor.Name));
        resumed[1].Tensors.Select(tensor => Convert.ToHexString(tensor.Bytes))
            .ShouldBe(whole[1].Tensors.Select(tensor => Convert.ToHexString(tensor.Bytes)));
    }

    private static void ShouldComputeLiterally(RandomModel model)
    {
        LayerDefinition definition = model.Definition.Layers[0];
        double[,] x = model.Weights.Random(10, Hidden);
        using DecoderLayer layer = model.Model.LoadLayer(0);
        using Matrix<float> input = RandomWeights.Upload(model.Backend, x);
        using Matrix<float> output = layer.Forward(input, 5);
        float[] expected = [.. new SlowLayer(definition, model.Weights).Forward(x, 5).Cast<double>()
            .Select(value => (float)value)];
        Read(model, output).Zip(expected).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 2e-5);
    }

    /// <summary>Tensors that nothing is pruned of, and what of the others no matrix, bias or norm is.</summary>
    private static void ShouldKeepTheRest(RandomModel model, DecoderModel written)
    {
        LayerDefinition layer = model.Definition.Layers[0];
        ILookup<string, int> used = layer.Linears
            .SelectMany(linear => linear.Bias is null ? [linear.Weight] : new[] { linear.Weight, linear.Bias })
            .Concat(layer.Blocks.SelectMany(block => block.Norms).SelectMany(norm => norm.Gain))
            .SelectMany(slice => RandomModel.Places(slice).Select(place => (slice.Tensor.Name, place)))
            .ToLookup(entry => entry.Name, entry => entry.place);
        foreach (string name in model.Definition.Tensors.Select(tensor => tensor.Name))
        {
            HashSet<int> changeable = [.. used[name]];
            float[] before = RandomModel.Read(model.Model, name);
            RandomModel.Read(written, name).Where((value, i) => !changeable.Contains(i) && value != before[i])
                .ShouldBeEmpty(name);
        }
    }

    /// <summary>The layer as it is loaded from its files gives what it gives from the prune's own result.</summary>
    private static void ShouldBeTheSame(RandomModel model, DecoderModel written, PrunedLayer pruned)
    {
        using Matrix<float> x = model.Model.Embed([.. Enumerable.Range(0, 10)], 5);
        using DecoderLayer inMemory = model.Load(pruned);
        using DecoderLayer fromFiles = written.LoadLayer(0);
        using Matrix<float> one = inMemory.Forward(x, 5);
        using Matrix<float> other = fromFiles.Forward(x, 5);
        Read(model, one).ShouldBe(Read(model, other));
    }

    private static float[] Read(RandomModel model, Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        model.Backend.Download<float>(matrix, values);
        return values;
    }

    private static LayerDefinition Layer(string storage, int index = 0)
    {
        string at = index == 0 ? "" : $"{index}.";
        AttentionDefinition attention = storage switch
        {
            // q, k and v one below the other, with room behind them that belongs to nothing.
            "fused" => Attention(part => Part(at + "qkv", 28, StridedRange.Consecutive(part * 8, 8), "qkv"[part]), at),
            "head by head" => Attention(
                part => Part(at + "qkv", 24, new StridedRange(part * 4, 4, 12, 2), "qkv"[part]),
                at),
            "transposed" => Attention(part => new LinearDefinition(
                new TensorSlice(
                    new TensorShape(at + "c_attn.weight", Hidden, 24),
                    StridedRange.Consecutive(part * 8, 8),
                    IsTransposed: true,
                    Part: $"{"qkv"[part]}"),
                new TensorSlice(
                    TensorShape.Vector(at + "c_attn.bias", 24),
                    StridedRange.Consecutive(part * 8, 8),
                    Part: $"{"qkv"[part]}")), at),
            _ => Attention(part => new LinearDefinition($"{at}{"qkv"[part]}_proj", Hidden, Hidden, hasBias: false), at),
        };
        MixerDefinition feedForward = storage switch
        {
            "fused" or "head by head" => new FeedForwardDefinition(
                new Activation(Nonlinearity.Silu),
                Part(at + "gate_up", 2 * Width, StridedRange.Consecutive(0, Width), 'g'),
                Part(at + "gate_up", 2 * Width, StridedRange.Consecutive(Width, Width), 'u'),
                new LinearDefinition(at + "down", Width, Hidden, hasBias: true)),
            "transposed" => new FeedForwardDefinition(
                new Activation(Nonlinearity.GeluTanh),
                Gate: null,
                new LinearDefinition(
                    new TensorSlice(new TensorShape(at + "c_fc.weight", Hidden, Width), IsTransposed: true),
                        TensorSlice.Vector(at + "c_fc.bias", Width)),
                new LinearDefinition(
                    new TensorSlice(
                        new TensorShape(at + "c_proj.weight", Width, Hidden),
                        IsTransposed: true), TensorSlice.Vector(at + "c_proj.bias", Hidden))),
            _ => Experts(isTransposed: storage == "stacked and transposed", at),
        };
        return SampleLayers.Sequential(
            attention, NormDefinition.RmsNorm(at + "n1", Hidden, 1e-6f), feedForward, NormDefinition.RmsNorm(
                at + "n2",
                Hidden,
                1e-6f)) with
        { Index = index };
    }

    private static AttentionDefinition Attention(Func<int, LinearDefinition> part, string at) =>
        new(part(0), part(1), part(2), new LinearDefinition(at + "o_proj", Hidden, Hidden, hasBias: true), 2, 2, 4);

    private static LinearDefinition Part(string name, int rows, StridedRange outputs, char part) => new(
        new TensorSlice(new TensorShape(name + ".weight", rows, Hidden), outputs, Part: $"{part}"),
        new TensorSlice(TensorShape.Vector(name + ".bias", rows), outputs, Part: $"{part}"));

    private static ExpertsDefinition Experts(bool isTransposed, string at)
    {
        const int Count = 4;
        TensorShape gateUp = isTransposed
            ? new(at + "gate_up_proj", Hidden, 2 * Width, Planes: Count)
            : new(at + "gate_up_proj", 2 * Width, Hidden, Planes: Count);
        TensorShape gateUpBias = new(at + "gate_up_proj_bias", 1, 2 * Width, IsVector: true, Planes: Count);
        TensorShape down = isTransposed
            ? new(at + "down_proj", Width, Hidden, Planes: Count)
            : new(at + "down_proj", Hidden, Width, Planes: Count);
        LinearDefinition Half(int expert, int half)
        {
            // gpt-oss takes turns; others put one half below the other.
            StridedRange outputs = isTransposed
                ? new StridedRange(half, 1, 2, Width)
                : StridedRange.Consecutive(half * Width, Width);
            string part = half == 0 ? "gate" : "up";
            return new LinearDefinition(
                new TensorSlice(gateUp, outputs, isTransposed, expert, part), isTransposed
                    ? new TensorSlice(gateUpBias, outputs, Plane: expert, Part: part)
                    : null);
        }

        return new ExpertsDefinition(
            new LinearDefinition(at + "router", Hidden, Count, hasBias: false) { StaysDense = true },
            [.. Enumerable.Range(0, Count).Select(expert => new FeedForwardDefinition(
                new Activation(Nonlinearity.Silu),
                Half(expert, 0),
                Half(expert, 1),
                new LinearDefinition(new TensorSlice(down, IsTransposed: isTransposed, Plane: expert))))],
            ExpertsPerToken: 2);
    }
}
