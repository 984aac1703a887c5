using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Losses;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;
using SparseLlm.Pruning.Tables;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>Tables of tokens as codes.</summary>
public sealed class QuantizingTables
{
    private const int Group = 64;

    [Theory]
    [InlineData("tiny-llama", 4, "model.embed_tokens.weight", "lm_head.weight")]
    [InlineData("tiny-llama", 8, "model.embed_tokens.weight", "lm_head.weight")]
    [InlineData("tiny-opt", 4, "model.decoder.embed_tokens.weight")]
    public void Every_table_becomes_codes_of_which_the_pruned_model_is_made(
        string name,
        int bits,
        params string[] tables)
    {
        using PruneRun run = PruneRun.OnTwoLayers(name);
        QuantizedTables quantized = QuantizedTables.Of(run.Model, Settings(bits), run.Tokens(samples: 4))!;
        using DecoderModel written = run.Write([], quantized);
        foreach (TensorInfo tensor in written.Checkpoint.Tensors)
        {
            float[] before = Values(run.Model, tensor.Name);
            float[] after = Values(written, tensor.Name);
            if (!tables.Contains(tensor.Name))
            {
                after.ShouldBe(before, tensor.Name);
                continue;
            }

            var format = new CodeFormat(bits, Group);
            after.Chunk(Group).ShouldAllBe(columns => KnownScale.Of(
                columns,
                tensor.ElementType.Format(),
                format.Least,
                format.Most) != null);
            if (bits == 8 || tensor.Name != tables[^1])
            {
                float[] rounded = RoundingToNearest.Rounded(
                    before,
                    (int)tensor.Shape[^1],
                    new Quantization(bits, Group));
                Error(after, before).ShouldBeLessThan(0.95 * Error(rounded, before));
            }
        }

        int[] ids = [5, 900, 2, 5];
        using Matrix<float> seen = quantized.Model.Embed(ids, ids.Length);
        using Matrix<float> loaded = written.Embed(ids, ids.Length);
        Read(run.Backend, seen).ShouldBe(Read(run.Backend, loaded));
        using LanguageModelHead head = quantized.Model.LoadHead();
        using LanguageModelHead loadedHead = written.LoadHead();
        using Matrix<float> logits = head.Logits(seen);
        using Matrix<float> loadedLogits = loadedHead.Logits(seen);
        Read(run.Backend, logits).ShouldBe(Read(run.Backend, loadedLogits));
    }

    [Fact]
    public void Layers_take_their_inputs_from_the_codes()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        PruningSettings settings = PruningSettings.For(PruningMethod.SparseGpt) with
        {
            Quantization = new Quantization(4, Group, 4)
        };
        using DecoderModel quantized = run.Write([], QuantizedTables.Of(run.Model, settings, run.Tokens(samples: 4)));
        Pruned(run.Model, settings).ShouldBe(
            Pruned(quantized, settings with { Quantization = new Quantization(4, Group) }));

        byte[] Pruned(DecoderModel model, PruningSettings with) =>
        [
            .. new ModelPruner(model, with, new SparsityPlan(PruneRun.Pattern("0.5"), []), run.Tokens(samples: 4))
                .Run().SelectMany(layer => layer.Tensors).SelectMany(tensor => tensor.Bytes),
        ];
    }

    [Fact]
    public void Distillation_holds_the_head_against_the_dense_one()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        QuantizedTables tables = QuantizedTables.Of(run.Model, Settings(4), run.Tokens(samples: 4))!;
        using Matrix<float> hidden = run.Model.Embed([7, 8, 9], 3);
        using LanguageModelHead head = tables.Model.LoadHead();
        using LanguageModelHead denseHead = run.Model.LoadHead();
        Divergence(null).ShouldBe(0, 1e-6);
        Divergence(denseHead).ShouldBeGreaterThan(1e-4);

        double Divergence(LanguageModelHead? teacher)
        {
            using var loss = new DistillationLoss(run.Backend, head, teacher);
            using Matrix<float> target = head.Norm!.Apply(hidden);
            using Matrix<float> gradient = run.Backend.AllocateUninitialized<float>(hidden.Rows, hidden.Columns);
            return loss.Evaluate(hidden, target, gradient);
        }
    }

    [Theory]
    [InlineData(96, 64, false)]
    [InlineData(96, 32, false)]
    [InlineData(48, null, false)]
    [InlineData(96, 64, true)]
    public void A_row_becomes_the_same_among_others_and_alone(int columns, int? group, bool isWeighed)
    {
        using var backend = new CpuBackend(1);
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 40 * columns).Select(_ => (float)random.NextDouble() - 0.5f)];
        values.AsSpan(columns, columns).Clear();
        float[]? curvature = isWeighed ? Curvature(columns) : null;
        var rounding = new TableRounding(backend, new Quantization(4, group));
        float[] together = Rounded(values, curvature);
        for (int row = 0; row < 40; row++)
        {
            Rounded(values[(row * columns)..((row + 1) * columns)], curvature)
                .ShouldBe(together[(row * columns)..((row + 1) * columns)]);
        }

        together.ShouldAllBe(value => value != 0 || !float.IsNegative(value));
        if (curvature is not null)
        {
            Cost(together).ShouldBeLessThan(0.7 * Cost(Rounded(values, null)));
        }

        float[] Rounded(float[] rows, float[]? h)
        {
            using Matrix<float> matrix = backend.AllocateUninitialized<float>(rows.Length / columns, columns);
            backend.Upload<float>(rows, matrix);
            rounding.Round(matrix, h).ShouldBe(0);
            return Read(backend, matrix);
        }

        double Cost(float[] rounded)
        {
            double cost = 0;
            for (int i = 0; i < values.Length; i++)
            {
                int first = i / columns * columns;
                cost += (rounded[i] - values[i]) * Enumerable.Range(0, columns)
                    .Sum(j => curvature[i % columns * columns + j] * (rounded[first + j] - values[first + j]));
            }

            return cost;
        }
    }

    /// <summary>Inputs that have much in common: 1 everywhere, and 0.2 more on the diagonal.</summary>
    private static float[] Curvature(int width)
        => [.. Enumerable.Range(0, width * width).Select(i => i % (width + 1) == 0 ? 1.2f : 1f)];

    private static PruningSettings Settings(int tableBits) => PruningSettings.For(PruningMethod.SparseLlm) with
    {
        Quantization = new Quantization(4, Group, tableBits)
    };

    private static float[] Values(DecoderModel model, string tensor)
    {
        TensorInfo info = model.Checkpoint[tensor];
        byte[] bytes = new byte[info.ByteLength];
        model.Checkpoint.ReadBytes(info, 0, bytes);
        float[] values = new float[info.ElementCount];
        NumberFormats.ToSingle(bytes, info.ElementType.Format(), values);
        return values;
    }

    private static float[] Read(IBackend backend, Matrix<float> matrix)
    {
        float[] values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return values;
    }

    private static double Error(float[] values, float[] target)
        => values.Zip(target, (value, wanted) => Math.Pow(value - wanted, 2)).Sum();
}
