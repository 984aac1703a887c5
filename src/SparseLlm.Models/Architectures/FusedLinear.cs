using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Several linear layers with a common input in one stored tensor, and their biases in another.</summary>
/// <param name="Weight">The rows (or columns, where it is transposed) of all.</param>
/// <param name="Bias">The biases of all, if they have some.</param>
/// <param name="IsTransposed">Whether the weight is stored as [inputs x outputs].</param>
internal sealed record FusedLinear(TensorShape Weight, TensorShape? Bias = null, bool IsTransposed = false)
{
    /// <summary>Tensors that are called <c>name.weight</c> and <c>name.bias</c>.</summary>
    public FusedLinear(string name, int inputs, int outputs, bool hasBias, bool isTransposed = false)
        : this(
            isTransposed
                ? new TensorShape(name + ".weight", inputs, outputs)
                : new TensorShape(name + ".weight", outputs, inputs),
            hasBias ? TensorShape.Vector(name + ".bias", outputs) : null,
            isTransposed)
    {
    }

    /// <summary>One of the layers.</summary>
    /// <param name="part">What it is called in reports.</param>
    /// <param name="outputs">Which of the outputs are its own.</param>
    /// <param name="plane">The plane in which it is.</param>
    public LinearDefinition Part(string part, StridedRange outputs, int plane = 0) =>
        new(
            Slice(Weight, outputs, plane, part) with { IsTransposed = IsTransposed },
            Bias is null ? null : Slice(Bias, outputs, plane, part));

    /// <summary>All outputs as one layer.</summary>
    /// <param name="plane">The plane in which it is.</param>
    public LinearDefinition Whole(int plane = 0) =>
        new(
            Slice(Weight, null, plane, null) with { IsTransposed = IsTransposed },
            Bias is null ? null : Slice(Bias, null, plane, null));

    /// <summary>Layers one behind the other: all outputs of the first, then all of the second.</summary>
    public LinearDefinition[] InTurn(params (string Part, int Outputs)[] layers)
    {
        int first = 0;
        return [.. layers.Select(
            layer => Part(layer.Part,
                StridedRange.Consecutive((first += layer.Outputs) - layer.Outputs, layer.Outputs)))];
    }

    /// <summary>
    /// q, k and v in groups, one for each key-value head: its queries, its key, its value. That of a single key-value
    /// head is q, k, v; that of as many as there are heads is q, k, v of each head.
    /// </summary>
    public LinearDefinition[] ByKeyValueHead(int heads, int keyValueHeads, int headWidth)
    {
        int queries = heads / keyValueHeads * headWidth;
        int group = queries + 2 * headWidth;
        return
        [
            Part("q", new StridedRange(0, queries, group, keyValueHeads)),
            Part("k", new StridedRange(queries, headWidth, group, keyValueHeads)),
            Part("v", new StridedRange(queries + headWidth, headWidth, group, keyValueHeads)),
        ];
    }

    private static TensorSlice Slice(TensorShape tensor, StridedRange? outputs, int plane, string? part)
        => new(tensor, outputs, Plane: plane, Part: part);
}
