using SparseLlm.Diagnostics;

namespace SparseLlm.Runtime.Chat;

/// <summary>What can be wrong with a chat template, or with a conversation for it.</summary>
public static class ChatDiagnostics
{
    /// <summary>A chat template breaks the rules of Jinja.</summary>
    public static readonly DiagnosticDescriptor Malformed = new("SLM2311", "Malformed chat template");

    /// <summary>A chat template uses a part of Jinja or Python that is not implemented.</summary>
    public static readonly DiagnosticDescriptor Unsupported = new(
        "SLM2312",
        "Unsupported construct in a chat template");

    /// <summary>A chat template computes something that Python has no answer to, often because a message lacks what it
    /// asks for.</summary>
    public static readonly DiagnosticDescriptor Failed = new("SLM2313", "Chat template failed");

    /// <summary>A chat template refuses a conversation in words of its own.</summary>
    public static readonly DiagnosticDescriptor Refused = new("SLM2314", "Conversation refused by the chat template");

    /// <summary>A chat template takes too many steps, writes too much or is nested too deeply.</summary>
    public static readonly DiagnosticDescriptor Endless = new("SLM2315", "Chat template beyond all bounds");
}
