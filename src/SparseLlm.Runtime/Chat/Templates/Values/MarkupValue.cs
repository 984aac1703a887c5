namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A text that <c>safe</c> has marked as HTML. It is written as it is; <c>+</c> would escape what is added to
/// it.</summary>
/// <param name="content">The text.</param>
internal sealed class MarkupValue(string content) : StringValue(content)
{
    public override string TypeName => "Markup";
}
