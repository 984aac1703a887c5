using System.Text;
using System.Text.Json;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Calibration;

/// <summary>The text in one line of a file of JSON records.</summary>
/// <param name="Text">The text; null where the line is no record that has one.</param>
/// <param name="Column">Where the line is wrong, counted from 1.</param>
/// <param name="Problem">What is wrong and what to do; empty where nothing is.</param>
internal readonly record struct JsonRecord(string? Text, int Column, string Problem)
{
    private const string NoRecord = "the line is not a JSON record, and each line must be one; to make such a file of a list, run 'jq -c .[] FILE > FILE.jsonl'";

    /// <summary>Reads a line.</summary>
    /// <param name="line">Its bytes, with or without the line break.</param>
    /// <param name="field">The field that holds the text.</param>
    public static JsonRecord Read(ReadOnlySpan<byte> line, string field)
    {
        try
        {
            using JsonDocument record = ForeignJson.Parse(line.ToArray(), replaceHalfPairs: true);
            return record.RootElement.ValueKind == JsonValueKind.Array ? new JsonRecord(null, 1, NoRecord)
                : record.RootElement.ValueKind == JsonValueKind.Object
                && record.RootElement.TryGetProperty(field, out JsonElement value)
                && value.ValueKind == JsonValueKind.String
                ? new JsonRecord(value.GetString(), 1, "")
                : new JsonRecord(null, 1, $"the record has no string field '{field}'; name the field that holds the text with 'field'");
        }
        catch (JsonException exception)
        {
            int before = (int)Math.Clamp(exception.BytePositionInLine ?? 0, 0, line.Length);
            return new JsonRecord(
                null,
                Encoding.UTF8.GetCharCount(line[..before]) + 1,
                NoRecord);
        }
    }

    /// <summary>Whether a line is a JSON object.</summary>
    public static bool IsObject(ReadOnlySpan<byte> line)
    {
        try
        {
            using JsonDocument record = ForeignJson.Parse(line.ToArray(), replaceHalfPairs: true);
            return record.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether bytes can begin a JSON object.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, isFinalBlock: false, state: default);
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read())
            {
            }

            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
