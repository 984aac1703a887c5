using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>A model's chat templates as GGUF's <c>tokenizer.chat_template</c> pairs.</summary>
internal static class ChatTemplates
{
    private const string Key = "tokenizer.chat_template";

    /// <summary>Adds the pairs.</summary>
    public static void Write(GgufMetadata metadata, string directory, TokenizerSettings settings)
    {
        OrderedDictionary<string, ChatTemplateText> templates = ChatTemplateFiles.Read(directory, settings);
        if (templates.Remove(ChatTemplateFiles.Default, out ChatTemplateText? template))
        {
            metadata.Set(Key, template.Text);
        }

        var others = new OrderedDictionary<string, string>();
        foreach ((string name, ChatTemplateText other) in templates)
        {
            others.TryAdd(NameOf(name), other.Text);
        }

        foreach ((string name, string text) in others)
        {
            metadata.Set($"{Key}.{name}", text);
        }

        if (others.Count > 0)
        {
            metadata.Set($"{Key}s", [.. others.Keys]);
        }
    }

    /// <summary>A name as part of a key.</summary>
    private static string NameOf(string name)
        => string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));
}
