namespace SparseLlm.Docs.Tests.Support;

/// <summary>A block of code on a page: the line it begins on, the words behind its fence, and its text.</summary>
internal sealed record CodeBlock(int Line, string Language, string Remark, string Text)
{
    /// <summary>The language of blocks whose lines are typed into a shell, and of no others.</summary>
    public const string Commands = "sh";

    /// <summary>How a remark begins that names what a block needs and a test does not have. Such a block is not
    /// run.</summary>
    public const string Needs = "needs ";

    public bool IsCommands => Language == Commands;

    public bool IsRun => IsCommands && Remark.Length == 0;
}
