using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SparseLlm.Recipes.Yaml;

/// <summary>
/// The events of a YAML text. This is the border to YamlDotNet, whose scanner leaves a damaged text with many kinds of
/// exceptions (16.3 reads past the end of its token queue, and makes names of anchors and tags before it has looked at
/// them); all of them leave here as
/// <see cref="YamlException"/>.
/// </summary>
internal sealed class YamlEvents : IParser
{
    private readonly Scanner scanner;
    private readonly Parser parser;

    /// <summary>Begins before the first event of a text.</summary>
    public YamlEvents(string text)
    {
        scanner = new Scanner(new StringReader(text));
        parser = new Parser(scanner);
    }

    /// <inheritdoc/>
    public ParsingEvent? Current => parser.Current;

    /// <inheritdoc/>
    public bool MoveNext()
    {
        try
        {
            return parser.MoveNext();
        }
        catch (Exception exception) when (exception is not (YamlException or OutOfMemoryException))
        {
            Mark start = Current?.Start ?? Mark.Empty;
            Mark end = Current?.End ?? scanner.CurrentPosition;
            throw new YamlException(
                start,
                end,
                "Cannot be parsed after this; check that every bracket, brace and quote is closed",
                exception);
        }
    }
}
