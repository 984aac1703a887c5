using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>A conversation of a text's file, for a chat template.</summary>
/// <param name="Messages">Its messages, with <c>role</c> and <c>content</c>.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Row">Its row where the file has no lines, to begin a message with; else empty.</param>
internal sealed record Conversation(JsonArray Messages, SourceLocation Place, string Row)
{
    /// <summary>What to do where records have other messages than templates are written for.</summary>
    public const string Form = "a chat template needs a list of messages with 'role' and 'content'";

    /// <summary>The messages of a record.</summary>
    /// <returns>The messages, null where there are none, and what is wrong, empty where nothing is.</returns>
    public static (JsonArray? Messages, string Problem) MessagesOf(JsonElement record, FieldPath field)
    {
        if (!field.TryFind(record, out JsonElement value))
        {
            string[] names = record.ValueKind == JsonValueKind.Object
                ? [.. record.EnumerateObject().Select(property => property.Name)]
                : [];
            return (null, $"the record has no field '{field}' ({field.Missing(names)}); name the field that holds the "
                + $"messages with 'chat'");
        }

        return value.ValueKind == JsonValueKind.Null ? (null, "")
            : value.ValueKind != JsonValueKind.Array ? (null, $"'{field}' is not a list; {Form}")
            : value.GetArrayLength() == 0 ? (null, "")
            : value.EnumerateArray().Select(Problem).FirstOrDefault(problem => problem is not null) is { } wrong
                ? (null, wrong)
                : Copy(value);
    }

    private static (JsonArray? Messages, string Problem) Copy(JsonElement messages)
    {
        try
        {
            return (JsonNode.Parse(
                messages.GetRawText(),
                documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsArray(), "");
        }
        catch (JsonException)
        {
            return (null, "a message has a field twice; remove one of the two");
        }
    }

    private static string? Problem(JsonElement message) =>
        message.ValueKind != JsonValueKind.Object ? $"an item of the list is no message; {Form}"
        : message.TryGetProperty("role", out JsonElement role) && role.ValueKind == JsonValueKind.String ? null
        : message.TryGetProperty("from", out _) && message.TryGetProperty("value", out _) ? FromAndValue
        : $"a message has no 'role'; {Form}";

    /// <summary>What to say of messages in the form of ShareGPT.</summary>
    public const string FromAndValue =
        "the messages have 'from' and 'value', and chat templates are written for 'role' and 'content'; rename them, "
        + "and write the roles as 'system', 'user' and 'assistant'";
}
