using Markdig;
using Markdig.Syntax;

namespace SparseLlm.Docs.Tests.Support;

/// <summary>A page of the documentation.</summary>
internal sealed class Page
{
    public const string Readme = "README.md";
    public const string Guide = "docs/getting-started.md";

    private readonly string text;

    /// <param name="path">Its path, relative to the repository.</param>
    public Page(string path)
    {
        Path = path;
        text = File.ReadAllText(System.IO.Path.Combine(Repository.Root, path));
        Blocks = [.. Markdown.Parse(text).Descendants<Markdig.Syntax.CodeBlock>().Select(Read)];
    }

    public string Path { get; }

    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>What is written above a block.</summary>
    public string Above(CodeBlock block) => string.Join('\n', text.Split('\n').Take(block.Line - 1));

    /// <summary>The README first, then the others by name.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Readme,
        .. Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "docs"), "*.md")
            .Select(file => "docs/" + System.IO.Path.GetFileName(file))
            .Order(StringComparer.Ordinal),
    ];

    private static CodeBlock Read(Markdig.Syntax.CodeBlock block)
    {
        var fence = block as FencedCodeBlock;
        return new CodeBlock(block.Line + 1, fence?.Info ?? "", fence?.Arguments ?? "", block.Lines.ToString());
    }
}
