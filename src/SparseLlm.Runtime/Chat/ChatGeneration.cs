using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Chat;

/// <summary>
/// What <see cref="ChatOptions"/> mean here. What they ask for and there is not is an exception rather than left out in
/// silence: tools, answers in JSON, penalties of frequency and presence, and conversations that the client would have
/// to keep.
/// </summary>
internal static class ChatGeneration
{
    private const string MinP = "min_p";
    private const string RepetitionPenalty = "repetition_penalty";
    private const string TemplateVariables = "chat_template_kwargs";

    /// <summary>
    /// How tokens are chosen. What the options do not say is as <see cref="ChatOptions.RawRepresentationFactory"/> has
    /// it, if it makes <see cref="GenerationOptions"/>, else as the model's authors recommend.
    /// </summary>
    /// <exception cref="NotSupportedException">They ask for something that there is not.</exception>
    public static GenerationOptions Options(ChatOptions? options, IChatClient client, GenerationOptions recommended)
    {
        if (options is null)
        {
            return recommended;
        }

        RequireSupported(options);
        GenerationOptions given = options.RawRepresentationFactory?.Invoke(client) as GenerationOptions ?? recommended;
        return given with
        {
            MaximumTokens = options.MaxOutputTokens ?? given.MaximumTokens,
            Temperature = options.Temperature ?? given.Temperature,
            TopK = options.TopK ?? given.TopK,
            TopP = options.TopP ?? given.TopP,
            MinP = Number(options, MinP) ?? given.MinP,
            RepetitionPenalty = Number(options, RepetitionPenalty) ?? given.RepetitionPenalty,
            Seed = options.Seed is long seed ? unchecked((int)(seed ^ (seed >> 32))) : given.Seed,
            StopStrings = options.StopSequences is { Count: > 0 } stops ? [.. stops] : given.StopStrings,
        };
    }

    /// <summary>The conversation, after the instructions of the options, which are a message of the system.</summary>
    public static IReadOnlyList<ChatMessage> Messages(IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        options?.Instructions is { Length: > 0 } instructions
            ? [new ChatMessage(ChatRole.System, instructions), .. messages]
            : [.. messages];

    /// <summary>What the template gets: variables of its own are in <c>chat_template_kwargs</c> of the additional
    /// properties, as servers of models call them.</summary>
    public static ChatTemplateOptions TemplateOptions(ChatOptions? options)
    {
        object? given = null;
        options?.AdditionalProperties?.TryGetValue(TemplateVariables, out given);
        JsonObject? variables = given switch
        {
            null => null,
            JsonObject json => json,
            JsonElement { ValueKind: JsonValueKind.Object } element => JsonObject.Create(element),
            _ => throw new ArgumentException($"The additional property '{TemplateVariables}' must be a JsonObject."),
        };
        return variables is null
            ? new ChatTemplateOptions()
            : new ChatTemplateOptions { Variables = variables.ToDictionary(pair => pair.Key, pair => pair.Value) };
    }

    /// <summary>Why an answer has ended.</summary>
    public static ChatFinishReason? Reason(EndReason? end) => end switch
    {
        null => null,
        EndReason.Length => ChatFinishReason.Length,
        _ => ChatFinishReason.Stop,
    };

    private static void RequireSupported(ChatOptions options)
    {
        (string Name, string Hint)? missing = options switch
        {
            { Tools.Count: > 0, ToolMode: not NoneChatToolMode } => ("Tools", "calls of functions"),
            { ResponseFormat: ChatResponseFormatJson } => ("ResponseFormat", "answers in JSON"),
            { FrequencyPenalty: not (null or 0) }
                => ("FrequencyPenalty", "there is 'repetition_penalty' among the additional properties"),
            { PresencePenalty: not (null or 0) }
                => ("PresencePenalty", "there is 'repetition_penalty' among the additional properties"),
            { ConversationId: not null } => ("ConversationId", "the client keeps no conversation; give all messages"),
            _ => null,
        };
        if (missing is var (name, hint))
        {
            throw new NotSupportedException(
                $"{name} of ChatOptions is not supported by models that run here ({hint}); leave it out.");
        }
    }

    private static float? Number(ChatOptions options, string name)
    {
        object? given = null;
        options.AdditionalProperties?.TryGetValue(name, out given);
        return given switch
        {
            null => null,
            JsonElement { ValueKind: JsonValueKind.Number } element => element.GetSingle(),
            IConvertible and not string and not bool => Convert.ToSingle(given, CultureInfo.InvariantCulture),
            _ => throw new ArgumentException($"The additional property '{name}' must be a number."),
        };
    }
}
