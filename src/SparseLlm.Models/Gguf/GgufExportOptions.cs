using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf;

/// <summary>What a GGUF file is to be.</summary>
/// <param name="Type">How matrices are stored; null for the type that the checkpoint has them in.</param>
public sealed record GgufExportOptions(GgufElementType? Type = null)
{
    /// <summary>What the model is called; null for the name of its directory.</summary>
    public string? Name { get; init; }

    /// <summary>Where its model card is, which says its licence; null for its own directory. A pruned model has no card
    /// of its own.</summary>
    public string? CardDirectory { get; init; }

    /// <summary>Where it comes from: pairs that are written as they are, after all others.</summary>
    public GgufMetadata Provenance { get; init; } = new();

    /// <summary>Bits of the codes that the model's matrices consist of already; null where they do not. Blocks of as
    /// many bits then hold these codes, and are not rounded once more.</summary>
    public int? CodeBits { get; init; }

    /// <summary>The same of the tables of tokens, those of the embedding and of the head. Files of 4 bits store them in
    /// as many bits as they have.</summary>
    public int? TableCodeBits { get; init; }

    /// <summary>Bytes of tensors beyond which a file is split: hubs take files of up to 50 GB.</summary>
    internal long PartLength { get; init; } = 48_000_000_000;
}
