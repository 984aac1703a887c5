using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>What a model will be as GGUF, as far as its dense original tells: it has the same tensors, or more where
/// experts are dropped.</summary>
/// <param name="Endings">What follows the stem in the names of the files.</param>
/// <param name="Bytes">What they take.</param>
internal sealed record GgufOutlook(IReadOnlyList<string> Endings, long Bytes)
{
    private const string Stem = "m";

    /// <summary>The outlook of a model.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="type">How matrices are to be stored.</param>
    /// <exception cref="Diagnostics.DiagnosticException">GGUF cannot hold the model, its tokenizer or the
    /// type.</exception>
    public static GgufOutlook Of(string directory, GgufElementType type)
    {
        using GgufExport export = GgufExport.Open(directory, new GgufExportOptions(type));
        return new GgufOutlook(
            [.. export.Files(Stem + ".gguf").Select(path => Path.GetFileName(path)[Stem.Length..])],
            export.ByteLength);
    }
}
