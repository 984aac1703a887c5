using System.CommandLine;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Tool.Commands;

/// <summary>The options that say how the records of a text are read.</summary>
internal sealed class TextOptions
{
    /// <summary>What files of a text can be, for the option that names them.</summary>
    public const string Forms = "UTF-8, JSON lines (.jsonl), Parquet (.parquet) or token ids (.npy); text and JSON "
        + "lines also as .gz or .zst. May be given more than once.";

    private readonly Option<string?> field = new("--field")
    {
        Description = "The field of a record that holds its text, such as content, meta.body or messages[].content. By "
        + "default text."
    };
    private readonly Option<string?> chat = new("--chat")
    {
        Description = "The field of a record that holds a list of messages, which the model's chat template makes text "
        + "of."
    };
    private readonly Option<string?> join = new("--join")
    {
        Description = "What stands between two records, such as '\\n\\n'. By default each record of JSON lines or "
        + "Parquet ends with a line break."
    };
    private readonly Option<int?> records = CommandAction.AtLeast(
        1,
        new Option<int?>("--records") { Description = "Read the first records alone." });

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command) => command.Add(field, chat, join, records);

    /// <summary>The text of files, looked at.</summary>
    /// <param name="files">Their absolute paths.</param>
    /// <param name="arguments">The command line.</param>
    /// <exception cref="DiagnosticException">A file is of another form, or options exclude each other.</exception>
    public TextSource Source(IEnumerable<string> files, ParseResult arguments)
    {
        if (arguments.GetValue(chat) is not null
            && (arguments.GetValue(field) is not null || arguments.GetValue(join) is not null))
        {
            throw ToolDiagnostics.InvalidOption
                .Error(null, "--chat excludes --field and --join: the template makes one text of all messages");
        }

        var source = new TextSource([.. files])
        {
            Chat = arguments.GetValue(chat),
            Join = arguments.GetValue(join) is { } text ? Unescaped(text) : null,
            Records = arguments.GetValue(records),
        };
        source = arguments.GetValue(field) is { } named ? source with { Field = named } : source;
        TextCheck.Require(source);
        return source;
    }

    /// <summary>With line breaks for <c>\n</c>, which shells leave as it is.</summary>
    private static string Unescaped(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<string>($"\"{text.Replace("\"", "\\\"")}\"")!;
        }
        catch (JsonException)
        {
            // Line breaks that came as they are, and other text that is none of JSON's.
            return text;
        }
    }
}
