using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Output;

/// <summary>In how many bits weights are stored, in tables and in JSON.</summary>
internal static class QuantizationText
{
    /// <summary>A cell of a table: <c>4</c>, or <c>4, embeddings 8</c>; empty where nothing is quantised.</summary>
    public static string Of(Quantization? quantization) => quantization switch
    {
        null => "",
        { EmbeddingsText: { } embeddings } => $"{quantization.BitsText}, embeddings {embeddings}",
        _ => quantization.BitsText,
    };

    /// <summary>The same as recipes write it; null where nothing is quantised.</summary>
    public static object? Record(Quantization? quantization) => quantization is null ? null : new
    {
        quantization.Bits,
        Group = quantization.GroupText,
        quantization.Embeddings,
    };
}
