namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>A place in the text of a template.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Column">Counted from 1.</param>
internal readonly record struct TemplatePlace(int Line, int Column);
