using System.Text;
using System.Text.Json;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Calibration;

/// <summary>What a line of a file of JSON records holds.</summary>
/// <param name="Value">What was looked for in it; null where the record has null for it.</param>
/// <param name="Column">Where the line is wrong, counted from 1.</param>
/// <param name="Problem">What is wrong and what to do; empty where nothing is.</param>
internal readonly record struct JsonRecord(object? Value, int Column, string Problem)
{
    private const string NoRecord = "the line is not a JSON record, and each line must be one; to make such a file of "
        + "a list, run 'jq -c .[] FILE > FILE.jsonl'";

    /// <summary>Reads a line.</summary>
    /// <param name="line">Its bytes, without the line break.</param>
    /// <param name="find">What is looked for in the record, and what is wrong with it, empty where nothing is.</param>
    public static JsonRecord Read(ReadOnlySpan<byte> line, Func<JsonElement, (object? Value, string Problem)> find)
    {
        try
        {
            using JsonDocument record = ForeignJson.Parse(line.ToArray(), replaceHalfPairs: true);
            (object? value, string problem) = record.RootElement.ValueKind == JsonValueKind.Object
                ? find(record.RootElement)
                : (null, NoRecord);
            return new JsonRecord(value, 1, problem);
        }
        catch (JsonException exception)
        {
            int before = (int)Math.Clamp(exception.BytePositionInLine ?? 0, 0, line.Length);
            return new JsonRecord(null, Encoding.UTF8.GetCharCount(line[..before]) + 1, NoRecord);
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
