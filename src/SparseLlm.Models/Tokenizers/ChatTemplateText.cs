namespace SparseLlm.Models.Tokenizers;

/// <summary>How the turns of a conversation become one text, as the author of a model has written it down.</summary>
/// <param name="Text">A template in Jinja.</param>
/// <param name="Path">The file that it is in.</param>
/// <param name="IsFile">Whether it is that file; otherwise it is one of the texts in the file's JSON.</param>
internal sealed record ChatTemplateText(string Text, string Path, bool IsFile);
