using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pipeline.Keys;

/// <summary>How the records of a text are read, as far as it decides the text. What a text does not say has no name, so
/// that new ways to read change no key.</summary>
internal static class TextInputs
{
    /// <summary>The field of the messages, where records are conversations.</summary>
    public const string Chat = "chat";

    /// <summary>The field that holds the text of a record.</summary>
    public const string Field = "field";

    /// <summary>What stands between two records, in quotes.</summary>
    public const string Join = "join";

    /// <summary>How many records are read.</summary>
    public const string Records = "records";

    private const string StandardField = "text";

    private static readonly JsonSerializerOptions Quoting = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>Names and values.</summary>
    public static IEnumerable<(string Name, string Value)> Of(TextSource text)
    {
        yield return text.Chat is { } chat ? (Chat, chat) : (Field, text.Field);
        if (text.Join is { } join)
        {
            yield return (Join, JsonSerializer.Serialize(join, Quoting));
        }

        if (text.Records is { } records)
        {
            yield return (Records, records.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Those names and values among the inputs of a calibration that a recipe has to say, since they are not
    /// the usual ones.</summary>
    public static IEnumerable<(string Name, string Value)> Unusual(IReadOnlyDictionary<string, string>? calibration) =>
        from name in (string[])[Field, Chat, Join, Records]
        let value = calibration?.GetValueOrDefault(name)
        where value is not null && (name, value) != (Field, StandardField)
        select (name, value);
}
