using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Tool.Output;

/// <summary>What is done to bring a model into an encoding.</summary>
internal static class EncodingText
{
    /// <summary>What makes one out of the other: <c>pack</c> or <c>unpack</c>.</summary>
    public static string Work(CheckpointEncoding encoding) => encoding == CheckpointEncoding.Sparse ? "pack" : "unpack";
}
