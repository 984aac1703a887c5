using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Planning;

/// <summary>What the files of an artifact take that is not there yet.</summary>
/// <param name="Bytes">Bytes of weights and of what belongs to them.</param>
/// <param name="IsEstimate">Whether they are estimated, from how sparse the matrices become.</param>
internal sealed record PlannedSize(long Bytes, bool IsEstimate)
{
    /// <summary>What a prune takes.</summary>
    /// <param name="dense">The model.</param>
    /// <param name="request">The prune.</param>
    /// <param name="known">The artifact, if it is known in any encoding.</param>
    internal static PlannedSize Of(DenseModel dense, PruneRequest request, ArtifactManifest? known)
    {
        long all = ModelFiles.Bytes(dense.Directory);
        return request.Encoding == CheckpointEncoding.Dense ? new PlannedSize(all, false)
            : known?.Size is { Packed: { } packed } size ? new PlannedSize(all - size.Dense + packed.Bytes, false)
            : new PlannedSize(all - Saved(dense, request), true);
    }

    private static long Saved(DenseModel dense, PruneRequest request)
    {
        using Checkpoint checkpoint = Checkpoint.Open(dense.Directory);
        Quantization? codes = request.Settings.Quantization;
        return SavedByTables(dense.Definition, checkpoint, codes)
            + dense.Definition.Layers.SelectMany(layer => layer.Linears).Sum(linear =>
                request.Plan.PatternFor(linear, codes is not null) is { } pattern && checkpoint.TryGet(
                    TensorSlice.TensorOf(linear.WeightName),
                    out TensorInfo? tensor)
                    ? Saved(linear, tensor.ElementType.Size(), pattern, codes)
                    : 0);
    }

    private static long SavedByTables(ModelDefinition model, Checkpoint checkpoint, Quantization? codes)
    {
        if (codes?.Embeddings is not { } bits)
        {
            return 0;
        }

        string[] tables = [model.Embedding.Tokens.Name, model.Head.Tokens.Name];
        return tables.Distinct().Sum(name =>
            checkpoint.TryGet(name, out TensorInfo? tensor) && MatrixShape.TryOf(tensor, out MatrixShape table)
                ? Saved(
                    table.Rows,
                    table.Columns,
                    table.ElementBytes,
                    CodeBytes(table.Rows, table.Columns, bits, codes))
                : 0);
    }

    private static long Saved(
        LinearDefinition linear,
        int elementBytes,
        SparsityPattern pattern,
        Quantization? codes)
    {
        double weights = (double)linear.Outputs * linear.Inputs;
        double mask = weights / 8;
        double kept = 1 - pattern.Sparsity;
        double packed = (codes, pattern) switch
        {
            ({ } quantized, { Sparsity: 0 }) => CodeBytes(linear.Outputs, linear.Inputs, quantized.Bits, quantized),
            ({ } quantized, _) => CodeBytes(linear.Outputs, linear.Inputs, kept * quantized.Bits, quantized)
                + mask + sizeof(int) * (long)linear.Outputs,
            (null, SparsityPattern.Groups) => weights * kept * elementBytes + mask,
            _ => weights * kept * elementBytes + mask + sizeof(long) * (long)linear.Outputs,
        };
        return Saved(linear.Outputs, linear.Inputs, elementBytes, packed);
    }

    /// <summary>What codes of some bits a weight take, with their scales.</summary>
    private static double CodeBytes(long rows, int columns, double bits, Quantization codes)
    {
        int group = Math.Min(codes.Group ?? columns, columns);
        return rows * (columns * bits / 8 + (columns + group - 1) / group * (double)sizeof(ushort));
    }

    private static long Saved(long rows, int columns, int elementBytes, double packed)
        => Math.Max(0, (long)((double)rows * columns * elementBytes - packed));
}
