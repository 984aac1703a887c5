using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm explain CODE</c>: the page of a diagnostic, with its cause and remedy. The pages of
/// docs/diagnostics are in the tool.</summary>
internal static class ExplainCommand
{
    private const string ResourcePrefix = "diagnostics/";

    /// <summary>Every code that has a page.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        .. typeof(ExplainCommand).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name[ResourcePrefix.Length..]))
            .Order(StringComparer.Ordinal),
    ];

    public static Command Create()
    {
        var code = new Argument<string>("code")
        {
            Description = "The code of an error or warning, such as SLM1003.",
            HelpName = "code"
        };
        code.CompletionSources.Add([.. Codes]);
        var command = new Command("explain", "Explain an error or warning: its cause, and what to do.") { code };
        command.SetWork((arguments, _) =>
        {
            string asked = arguments.GetRequiredValue(code).ToUpperInvariant();
            if (!Codes.Contains(asked))
            {
                throw ToolDiagnostics.InvalidOption
                    .Error(null, $"there is no diagnostic '{asked}'; codes look like SLM1003");
            }

            using var page = new StreamReader(
                typeof(ExplainCommand).Assembly.GetManifestResourceStream($"{ResourcePrefix}{asked}.md")!);
            Console.Out.Write(page.ReadToEnd());
            return ExitCodes.Done;
        });
        return command.WithExamples([new("explain SLM1003", "What the code in an error message means."),]);
    }
}
