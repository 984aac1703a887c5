using Microsoft.Extensions.AI;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>chat_template.jinja</c>, and a conversation through it.</summary>
internal sealed class ChatTemplateTarget : FuzzTarget
{
    private static readonly ChatMessage[] Conversation =
    [
        new(ChatRole.System, "Be brief."),
        new(ChatRole.User, "Hi \U0001F600"),
        new(ChatRole.Assistant, [new TextContent("<think>\nx\n</think>\n\ny"), new FunctionCallContent(
            "123456789",
            "f",
            new Dictionary<string, object?> { ["a"] = 1 })]),
        new(ChatRole.Tool, [new FunctionResultContent("123456789", "2")]),
        new(ChatRole.User, "Bye"),
    ];

    public override string Name => "chat-template";

    public override IReadOnlyList<Sample> Samples { get; }
        = [.. ((string[])["qwen3", "granite", "stablelm"]).Select(name => Sample.OfFile($"{name}.jinja"))];

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "chat_template.jinja", input);
        ChatTemplate.Read(folder)!.Render(Conversation);
        return true;
    }
}
