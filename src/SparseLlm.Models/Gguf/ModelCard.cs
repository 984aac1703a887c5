using System.Text;
using SparseLlm.Files;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SparseLlm.Models.Gguf;

/// <summary>What stands at the head of a model's README.md: YAML between two lines of hyphens. A head that is not that
/// says nothing.</summary>
internal sealed class ModelCard
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "README.md";

    // A card is a few pages, and its head nested a few levels deep. The parser takes time for each level of each token.
    private const long LengthLimit = 1 << 22;
    private const int DepthLimit = 64;

    private readonly Dictionary<string, List<string>> texts;

    private ModelCard(Dictionary<string, List<string>> texts) => this.texts = texts;

    /// <summary>The card of a directory.</summary>
    public static ModelCard Read(string directory) =>
        new(TextFile(Path.Combine(directory, FileName)) is string text && Head(text) is string head ? Parse(head) : []);

    /// <summary>The texts of a key that has one or several.</summary>
    public IReadOnlyList<string> Texts(string key) => this.texts.GetValueOrDefault(key, []);

    /// <summary>A file's text; null where it cannot be read, since nothing depends on it.</summary>
    public static string? TextFile(string path)
    {
        try
        {
            return File.Exists(path) ? Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, LengthLimit)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Head(string text)
    {
        string[] lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        int end = lines[0] == "---" ? Array.IndexOf(lines, "---", 1) : -1;
        return end < 0 ? null : string.Join('\n', lines[1..end]).Replace("\t", "  ", StringComparison.Ordinal);
    }

    private static Dictionary<string, List<string>> Parse(string head)
    {
        try
        {
            return TextsOf(new Parser(new StringReader(head)));
        }
        catch (YamlException)
        {
            return [];
        }
    }

    /// <summary>The texts of the outermost mapping, event by event.</summary>
    private static Dictionary<string, List<string>> TextsOf(Parser parser)
    {
        var texts = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        int depth = 0;
        string? key = null;
        bool isList = false;
        while (depth <= DepthLimit && parser.MoveNext())
        {
            switch (parser.Current)
            {
                case MappingStart or SequenceStart:
                    depth++;
                    isList = depth == 2 ? parser.Current is SequenceStart : isList;
                    break;
                case MappingEnd or SequenceEnd:
                    depth--;
                    key = depth != 1 ? key : key is null ? "" : null;
                    break;
                case AnchorAlias when depth == 1:
                    key = key is null ? "" : null;
                    break;
                case Scalar { Value: var text } when depth == 1 && key is null:
                    key = text;
                    break;
                case Scalar { Value: var text } when depth == 1 || (depth == 2 && isList):
                    Add(texts, key, text);
                    key = depth == 1 ? null : key;
                    break;
            }
        }

        return texts;
    }

    private static void Add(Dictionary<string, List<string>> texts, string? key, string text)
    {
        if (!string.IsNullOrEmpty(key) && text.Length > 0)
        {
            (texts.TryGetValue(key, out List<string>? found) ? found : texts[key] = []).Add(text);
        }
    }
}
