using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Keys;

/// <summary>The key of an artifact's files in an encoding: what was computed is the same in all of them.</summary>
internal static class EncodingKey
{
    /// <summary>The key; of dense files, that of the artifact itself.</summary>
    /// <param name="artifact">The artifact's key.</param>
    /// <param name="encoding">How its weights are stored.</param>
    public static string Of(string artifact, CheckpointEncoding encoding)
    {
        if (encoding == CheckpointEncoding.Dense)
        {
            return artifact;
        }

        using var key = new KeyBuilder("packed artifact", PackedCheckpointWriter.Revision);
        return key.Add("artifact", artifact).Build();
    }
}
