using SparseLlm.Runtime.Chat;

namespace SparseLlm.Pipeline.Digests;

/// <summary>The digest of a model's chat template and of what it writes special tokens from.</summary>
internal static class ChatTemplateDigest
{
    /// <summary>The digest.</summary>
    /// <param name="model">Digests of the model's files, by name.</param>
    public static string Of(IReadOnlyDictionary<string, string> model) =>
        KeyBuilder.Of(
            "chat template",
            ChatTemplate.FilesAmong(model.Keys).Select(file => KeyValuePair.Create(file, model[file])));
}
