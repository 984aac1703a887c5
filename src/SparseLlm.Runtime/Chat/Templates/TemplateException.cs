using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>A mistake in a template, or in what it does. What computes does not know where in the template it is; the
/// node that asked for it adds that.</summary>
/// <param name="descriptor">The kind of mistake.</param>
/// <param name="message">What is wrong, without a full stop.</param>
/// <param name="place">Where, if it is known.</param>
internal sealed class TemplateException(
    DiagnosticDescriptor descriptor,
    string message,
    TemplatePlace? place = null) : Exception(message)
{
    /// <summary>The kind of mistake.</summary>
    public DiagnosticDescriptor Descriptor { get; } = descriptor;

    /// <summary>Where, if it is known.</summary>
    public TemplatePlace? Place { get; } = place;

    /// <summary>The text is no template.</summary>
    public static TemplateException Malformed(string message, TemplatePlace place)
        => new(ChatDiagnostics.Malformed, message, place);

    /// <summary>A construct that is not implemented.</summary>
    public static TemplateException Unsupported(string construct, TemplatePlace? place = null) =>
        new(ChatDiagnostics.Unsupported, $"{construct} is not supported", place);

    /// <summary>Python would raise an exception.</summary>
    public static TemplateException Failed(string message) => new(ChatDiagnostics.Failed, message);

    /// <summary>A limit is reached.</summary>
    public static TemplateException Endless(string message, TemplatePlace? place = null)
        => new(ChatDiagnostics.Endless, message, place);

    /// <summary>The same mistake with its place.</summary>
    public TemplateException At(TemplatePlace place) => new(Descriptor, Message, place);
}
