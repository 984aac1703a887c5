using System.Text;

namespace SparseLlm.Tool.Output;

/// <summary>Standard output or standard error, each of which may be full or closed: a disk, a terminal that has
/// gone.</summary>
/// <param name="writer">The stream.</param>
/// <param name="onFailure">Called where it cannot be written.</param>
internal sealed class StandardStream(TextWriter writer, Action<Exception> onFailure) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => writer.Encoding;

    /// <summary>
    /// Lets a result that cannot be written be an error, and messages that cannot be be lost: nobody reads them, and
    /// the work is none the worse. A reader that has seen enough (<c>| head</c>) is no failure to .NET.
    /// </summary>
    public static void Install()
    {
        // Build systems read UTF-8, whatever the code page of the console.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.SetOut(new StandardStream(Console.Out, exception =>
            throw ToolDiagnostics.OutputFailed.Error(
                null,
                $"standard output cannot be written: {(exception.InnerException ?? exception).Message}",
                exception)));
        Console.SetError(new StandardStream(Console.Error, _ => { }));
    }

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => writer.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => writer.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(writer.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            onFailure(exception);
        }
    }
}
