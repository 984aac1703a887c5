using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What is in a GGUF file, or in all parts of one.</summary>
/// <param name="Version">The version of the format.</param>
/// <param name="Parts">How many files it is in.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="Metadata">What it says of the model, in the order of the file.</param>
/// <param name="Tensors">Every tensor, in the order of the file.</param>
internal sealed record GgufInspection(
    int Version,
    int Parts,
    long Bytes,
    GgufMetadata Metadata,
    IReadOnlyList<GgufTensorInspection> Tensors)
{
    private const int PieceLength = 1 << 16;

    /// <summary>The name of the architecture, as llama.cpp has it; null where the file has none.</summary>
    public string? Architecture => Metadata.TryGet("general.architecture", out string? name) ? name : null;

    /// <summary>Bits of the tensors' data over their elements.</summary>
    public double BitsPerWeight
        => 8.0 * Tensors.Sum(tensor => tensor.Bytes) / Math.Max(1, Tensors.Sum(tensor => tensor.Elements));

    /// <summary>Zeros over weights, in the matrices inside the decoder layers; null where one of them cannot be
    /// read.</summary>
    public double? Sparsity
    {
        get
        {
            GgufTensorInspection[] matrices = [.. Tensors.Where(tensor => IsPrunable(tensor.Name, tensor.Shape.Count))];
            return matrices.Length > 0 && matrices.All(tensor => tensor.Sparsity is not null)
                ? matrices.Sum(tensor => tensor.Sparsity!.Value * tensor.Elements)
                    / matrices.Sum(tensor => (double)tensor.Elements)
                : null;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, or the first of its parts.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be read.</exception>
    public static GgufInspection Of(string path, CancellationToken cancellation)
    {
        using GgufFile file = GgufFile.Open(path);
        return new GgufInspection(
            file.Version,
            file.Parts,
            file.ByteLength,
            file.Metadata,
            [.. file.Tensors.Select(tensor => new GgufTensorInspection(
                tensor.Name,
                tensor.Type.Name(),
                [.. tensor.Dimensions.Reverse()],
                tensor.StoredLength,
                tensor.Type.IsConvertible()
                    ? Zeros(file, tensor, cancellation) / (double)tensor.ElementCount
                    : null))]);
    }

    /// <summary>Whether a tensor is a matrix inside a decoder layer; the one that routes tokens to experts stays as it
    /// is.</summary>
    internal static bool IsPrunable(string name, int dimensions) =>
        dimensions > 1 && name.StartsWith("blk.", StringComparison.Ordinal)
            && !name.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal);

    private static long Zeros(GgufFile file, GgufStoredTensor tensor, CancellationToken cancellation)
    {
        var values = new float[Math.Min(PieceLength, tensor.ElementCount)];
        long zeros = 0;
        for (long start = 0; start < tensor.ElementCount; start += values.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> piece = values.AsSpan(0, (int)Math.Min(values.Length, tensor.ElementCount - start));
            file.Read(tensor, start, piece);
            zeros += piece.Count(0f);
        }

        return zeros;
    }
}

/// <summary>What is in one tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its elements are stored: ggml's name, or a number where it is none that is known.</param>
/// <param name="Shape">Its dimensions, rows before columns.</param>
/// <param name="Bytes">What it takes.</param>
/// <param name="Sparsity">The share of elements that are zero once their codes are taken for what they stand for; null
/// where they cannot be read.</param>
internal sealed record GgufTensorInspection(
    string Name,
    string Type,
    IReadOnlyList<long> Shape,
    long Bytes,
    double? Sparsity)
{
    /// <summary>How many elements it has.</summary>
    internal long Elements { get; } = Shape.Aggregate(1L, (product, dimension) => product * dimension);
}
