namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>The ends of tags.</summary>
internal static class Tags
{
    /// <summary>Whether a tag ends here, and where what is behind it begins.</summary>
    public static bool TryEnd(string text, int position, bool isBlock, out int behind)
    {
        char sign = position < text.Length && (text[position] == '-' || (isBlock && text[position] == '+'))
            ? text[position]
            : '\0';
        int end = sign == '\0' ? position : position + 1;
        bool ends = string.CompareOrdinal(text, end, isBlock ? "%}" : "}}", 0, 2) == 0;
        behind = ends ? Behind(text, end + 2, sign, trimsLineBreak: isBlock) : position;
        return ends;
    }

    /// <summary>What is behind a tag, but for the white space that it takes.</summary>
    public static int Behind(string text, int end, char sign, bool trimsLineBreak) => sign switch
    {
        '-' => PythonText.SkipSpace(text, end),
        '+' => end,
        _ => trimsLineBreak && end < text.Length && text[end] == '\n' ? end + 1 : end,
    };
}
