using System.Text;
using System.Text.Json;

namespace SparseLlm.Models.Tokenizers;

/// <summary>Where a model's chat templates are.</summary>
internal static class ChatTemplateFiles
{
    /// <summary>The name of the template that is taken where no other is asked for.</summary>
    public const string Default = "default";

    private const string Name = "chat_template";
    private const string Others = "additional_chat_templates";

    /// <summary>Those of a model's files that its templates, and the special tokens in them, are read from.</summary>
    /// <param name="names">Names relative to its directory.</param>
    public static IReadOnlyList<string> Among(IEnumerable<string> names) =>
    [
        .. names
            .Where(name => name is $"{Name}.jinja" or $"{Name}.json" or TokenizerSource.Settings or TokenizerSource
                .SpecialTokens || name.StartsWith($"{Others}/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The templates by their names, from the file that transformers takes: the template's own, then the
    /// tokenizer's settings, then the processor's file.</summary>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="settings">What it says of its tokenizer.</param>
    /// <exception cref="Diagnostics.DiagnosticException"><see cref="TokenizerDiagnostics.Malformed"/>: a file cannot be
    /// read, or is not JSON or UTF-8.</exception>
    public static OrderedDictionary<string, ChatTemplateText> Read(string directory, TokenizerSettings settings)
    {
        var templates = new OrderedDictionary<string, ChatTemplateText>();
        string own = Path.Combine(directory, $"{Name}.jinja");
        if (File.Exists(own))
        {
            templates[Default] = OfFile(own);
            string others = Path.Combine(directory, Others);
            string[] paths = Directory.Exists(others) ? Directory.GetFiles(others, "*.jinja") : [];
            foreach (string path in paths.Order(StringComparer.Ordinal))
            {
                templates.TryAdd(Path.GetFileNameWithoutExtension(path), OfFile(path));
            }
        }
        else if (settings.ChatTemplate is JsonElement written)
        {
            Add(templates, written, Path.Combine(directory, TokenizerSource.Settings));
        }
        else
        {
            string processor = Path.Combine(directory, $"{Name}.json");
            Add(templates, OfProcessor(processor), processor);
        }

        return templates;
    }

    /// <summary>A template is a text; several are a list of objects with names. What is neither is no
    /// template.</summary>
    private static void Add(OrderedDictionary<string, ChatTemplateText> templates, JsonElement? written, string path)
    {
        if (written is { ValueKind: JsonValueKind.String } single)
        {
            templates[Default] = new ChatTemplateText(single.GetString()!, path, IsFile: false);
        }
        else if (written is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (JsonElement choice in list.EnumerateArray())
            {
                if (Member(choice, "name") is { Length: > 0 } name && Member(choice, "template") is string template)
                {
                    templates[name] = new ChatTemplateText(template, path, IsFile: false);
                }
            }
        }
    }

    private static string? Member(JsonElement choice, string name) =>
        choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty(name, out JsonElement member)
            && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    private static JsonElement? OfProcessor(string path) =>
        File.Exists(path) && TokenizerNode.Read(path).TryGet(Name, out TokenizerNode template)
            ? template.Element
            : null;

    private static ChatTemplateText OfFile(string path)
        => new(Encoding.UTF8.GetString(TokenizerBytes.Read(path).Text()), path, IsFile: true);
}
