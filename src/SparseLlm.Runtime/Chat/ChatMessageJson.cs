using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace SparseLlm.Runtime.Chat;

/// <summary>Messages as the JSON that chat templates are written for, which is OpenAI's.</summary>
internal static class ChatMessageJson
{
    /// <summary>The messages as JSON. A message with several results of functions becomes several.</summary>
    /// <exception cref="NotSupportedException">A message has content that is neither text, reasoning nor calls of
    /// functions.</exception>
    public static JsonArray Of(IEnumerable<ChatMessage> messages) => [.. messages.SelectMany(Of)];

    /// <summary>The text of the messages, one after the other as it is, for models that know no turns.</summary>
    /// <exception cref="NotSupportedException">A message has content other than text: nothing would say what it
    /// is.</exception>
    public static string TextOf(IEnumerable<ChatMessage> messages) => string.Concat(messages.Select(message =>
    {
        RequireSupported(message);
        AIContent? other = message.Contents
            .FirstOrDefault(content => content is FunctionCallContent or FunctionResultContent);
        return other is null
            ? message.Text
            : throw new NotSupportedException($"A message has content of type {other.GetType().Name}; a model without "
                + $"a chat template goes on with text alone.");
    }));

    private static IEnumerable<JsonNode> Of(ChatMessage message)
    {
        RequireSupported(message);
        foreach (FunctionResultContent result in message.Contents.OfType<FunctionResultContent>())
        {
            yield return new JsonObject
            {
                ["role"] = "tool",
                ["tool_call_id"] = result.CallId,
                ["content"] = Text(result.Result)
            };
        }

        if (!message.Contents.Any(content => content is FunctionResultContent))
        {
            yield return OfTurn(message);
        }
    }

    private static JsonObject OfTurn(ChatMessage message)
    {
        var turn = new JsonObject { ["role"] = message.Role.Value };
        JsonNode[] calls = [.. message.Contents.OfType<FunctionCallContent>().Select(Of)];
        // As in transformers, a turn that only calls functions has no content.
        if (message.Text.Length > 0 || calls.Length == 0)
        {
            turn["content"] = message.Text;
        }

        string reasoning = string.Concat(
            message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        if (reasoning.Length > 0)
        {
            turn["reasoning_content"] = reasoning;
        }

        if (calls.Length > 0)
        {
            turn["tool_calls"] = new JsonArray(calls);
        }

        return turn;
    }

    private static JsonObject Of(FunctionCallContent call)
    {
        var arguments = new JsonObject();
        foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            arguments[name] = Json(value);
        }

        return new JsonObject
        {
            ["type"] = "function",
            ["id"] = call.CallId,
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments },
        };
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
        _ => Json(value)?.ToJsonString() ?? "",
    };

    private static JsonNode? Json(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        JsonElement element => JsonNode.Parse(element.GetRawText()),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        float or double => JsonValue.Create(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        decimal number => JsonValue.Create(number),
        IConvertible number when number.GetTypeCode() is >= TypeCode.SByte and <= TypeCode.Int64 => JsonValue.Create(
            number.ToInt64(CultureInfo.InvariantCulture)),
        ulong number => JsonValue.Create(number),
        _ => throw new NotSupportedException(
            $"A value of type {value.GetType()} among the arguments or results of a function is not put into prompts; "
            + $"give it as JSON (JsonElement or JsonNode) or as text."),
    };

    private static void RequireSupported(ChatMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        AIContent? other = message.Contents.FirstOrDefault(content =>
            content is not (TextContent or TextReasoningContent or FunctionCallContent or FunctionResultContent
                or UsageContent));
        if (other is not null)
        {
            throw new NotSupportedException(
                $"A message has content of type {other.GetType().Name}; models here read text alone.");
        }
    }
}
