using System.Diagnostics;

namespace SparseLlm.Tool.Tests;

/// <summary>Output that goes nowhere.</summary>
public sealed class StandardStreams
{
    [SkippableTheory]
    [InlineData("schema")]
    [InlineData("explain SLM1003")]
    [InlineData("doctor")]
    [InlineData("doctor --json")]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("")]
    public void A_full_disk_behind_standard_output_is_one_error(string arguments)
    {
        (int exitCode, string error) = Run($"{arguments} > /dev/full");
        exitCode.ShouldBe(1, error);
        error.ShouldStartWith("sparsellm: error SLM5004: standard output cannot be written: ");
        error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2, error);
    }

    [SkippableFact]
    public void So_is_standard_output_that_is_closed() => Run("schema >&-").ShouldSatisfyAllConditions(
        end => end.ExitCode.ShouldBe(1),
        end => end.Error.ShouldStartWith("sparsellm: error SLM5004: "));

    [SkippableTheory]
    [InlineData("validate /nowhere 2> /dev/full", 2)]
    [InlineData("schema 2>&- > /dev/null", 0)]
    [InlineData("nonsense 2> /dev/full", 2)]
    public void What_cannot_be_told_on_standard_error_changes_nothing(string arguments, int exitCode)
        => Run(arguments).ExitCode.ShouldBe(exitCode);

    [SkippableFact]
    public void A_reader_that_has_seen_enough_is_no_error()
        => Run("schema | head -1; exit ${PIPESTATUS[0]}").ShouldBe((0, ""));

    private static (int ExitCode, string Error) Run(string arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "there is no /dev/full or no bash here");
        var start = new ProcessStartInfo(
            "/bin/bash",
            ["-c", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll")}' {arguments}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["SPARSELLM_CACHE"] = "off";
        using Process shell = Process.Start(start)!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, error);
    }
}
