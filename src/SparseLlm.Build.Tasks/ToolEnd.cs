using System.Runtime.InteropServices;

namespace SparseLlm.Build.Tasks;

/// <summary>How a tool has ended that did not say why.</summary>
internal static class ToolEnd
{
    /// <summary>The exit code of the <c>dotnet</c> host where there is no runtime that the program can run on, on
    /// Windows and elsewhere.</summary>
    private const int NoRuntime = unchecked((int)0x80008096);

    private const int FirstSignal = 128;
    private const int LastSignal = 64;
    private const int Kill = 9;

    /// <summary>Describes it.</summary>
    /// <param name="exitCode">The exit code of its process.</param>
    /// <param name="dotNet">The host that it was started with.</param>
    /// <param name="lastWords">The last line that it has printed; null if there is none.</param>
    public static string Describe(int exitCode, string dotNet, string? lastWords)
    {
        string words = lastWords is null ? "." : $": {lastWords.TrimEnd('.')}.";
        return exitCode switch
        {
            NoRuntime or NoRuntime & 0xFF =>
                $"The pruning tool does not start: '{dotNet}' has no runtime that it can run on. Install the .NET "
                + $"runtime 10.0 or newer there{words}",
            _ when !IsSignal(exitCode) =>
                $"The pruning tool has ended with exit code {exitCode} and did not say why{words} 'dotnet build "
                + $"-tl:off' shows all that it has printed.",
            FirstSignal + Kill =>
                "The pruning tool was killed (signal 9), most likely for want of memory. Layers that were finished are "
                + "kept, and the next build resumes after them; "
                + "'engine: { memory: ... }' in the recipe bounds what it takes.",
            _ => $"The pruning tool was ended by signal {exitCode - FirstSignal}{words} Layers that were finished are "
                + $"kept, and the next build resumes after them.",
        };
    }

    private static bool IsSignal(int exitCode) =>
        !RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
            && exitCode is > FirstSignal and <= FirstSignal + LastSignal;
}
