using System.Text;
using System.Text.Json;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>How the turns of a conversation become one text.</summary>
internal static class ChatTemplates
{
    private const string Main = "chat_template";
    private const string Default = "default";

    /// <summary>Adds the pairs, from the file that transformers takes: the template's own, then the tokenizer's settings, then the processor's file.</summary>
    public static void Write(GgufMetadata metadata, string directory, TokenizerSettings settings)
    {
        var templates = new OrderedDictionary<string, string>();
        string own = Path.Combine(directory, $"{Main}.jinja");
        if (File.Exists(own))
        {
            templates[Default] = Text(own);
            string others = Path.Combine(directory, "additional_chat_templates");
            string[] paths = Directory.Exists(others) ? Directory.GetFiles(others, "*.jinja") : [];
            foreach (string path in paths.Order(StringComparer.Ordinal))
            {
                templates.TryAdd(NameOf(Path.GetFileNameWithoutExtension(path)), Text(path));
            }
        }
        else
        {
            Add(templates, settings.ChatTemplate ?? OfProcessor(directory));
        }

        if (templates.Remove(Default, out string? template))
        {
            metadata.Set($"tokenizer.{Main}", template);
        }

        foreach ((string name, string other) in templates)
        {
            metadata.Set($"tokenizer.{Main}.{name}", other);
        }

        if (templates.Count > 0)
        {
            metadata.Set($"tokenizer.{Main}s", [.. templates.Keys]);
        }
    }

    /// <summary>A template is a text; several are a list of objects with names. What is neither is no template.</summary>
    private static void Add(OrderedDictionary<string, string> templates, JsonElement? written)
    {
        if (written is { ValueKind: JsonValueKind.String } single)
        {
            templates[Default] = single.GetString()!;
        }
        else if (written is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (JsonElement choice in list.EnumerateArray())
            {
                if (Member(choice, "name") is { Length: > 0 } name && Member(choice, "template") is string template)
                {
                    templates[NameOf(name)] = template;
                }
            }
        }
    }

    private static string? Member(JsonElement choice, string name) =>
        choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    /// <summary>A name as part of a key.</summary>
    private static string NameOf(string name) => string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));

    private static JsonElement? OfProcessor(string directory)
    {
        string path = Path.Combine(directory, $"{Main}.json");
        return File.Exists(path) && TokenizerNode.Read(path).TryGet(Main, out TokenizerNode template) ? template.Element : null;
    }

    private static string Text(string path) => Encoding.UTF8.GetString(TokenizerBytes.Read(path).Text());
}
