using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Pipeline.Digests;

/// <summary>The digest of a model's tokenizer: of the file that it is read from, or of the files.</summary>
internal static class TokenizerDigest
{
    /// <summary>The digest; null where the model has no tokenizer that can be read.</summary>
    /// <param name="model">Digests of the model's files, by name.</param>
    public static string? Of(IReadOnlyDictionary<string, string> model) => Tokenizer.FilesAmong(model.Keys) switch
    {
        [] => null,
        [string file] => model[file],
        IReadOnlyList<string> files => KeyBuilder.Of(
            "tokenizer",
            files.Select(file => KeyValuePair.Create(file, model[file]))),
    };
}
