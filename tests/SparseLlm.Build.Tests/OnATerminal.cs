using System.Text.RegularExpressions;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>What a person sees who types <c>dotnet build</c>, which is not what a log gets.</summary>
public sealed partial class OnATerminal
{
    [SkippableFact]
    public void A_build_says_what_takes_so_long_and_where_the_result_is_also_where_a_gate_is_missed()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "There is no 'script' here, which makes a terminal.");
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a\nsummary: summary.html\npause: 500");

        string shown = WithoutEscapes(Show(project));
        shown.ShouldContain("PruningModels");
        shown.ShouldMatch(@"Models net10.0 succeeded .* → \S*bin/Debug/net10.0/models/summary.html \(1 models\)");

        project.Write(
            "pruning.yaml",
            "artifact: a\nsummary: summary.html\nmiss: pruning.yaml(1,1): error SLM4003: it misses two gates");
        string written = Show(project);
        shown = WithoutEscapes(written);
        shown.ShouldMatch(@"Models net10.0 failed .* → \S*bin/Debug/net10.0/models/summary.html \(1 models\)");
        shown.ShouldContain("error SLM4003: it misses two gates");
        string page = Link().Match(written).Groups[1].Value;
        File.Exists(new Uri(page).LocalPath).ShouldBeTrue($"'{page}' is the page that the code leads to");
    }

    private static string Show(TestProject project)
    {
        System.Diagnostics.ProcessStartInfo build = project.Command();
        build.FileName = "/usr/bin/script";
        foreach (string argument in (string[])["--quiet", "--command", "dotnet build --no-restore -tl:on", "/dev/null"])
        {
            build.ArgumentList.Add(argument);
        }

        build.Environment["TERM"] = "xterm-256color";
        return DotNet.Run(build).Output;
    }

    private static string WithoutEscapes(string output) => Escape().Replace(output, "");

    [GeneratedRegex(@"\e\]8;;(file://[^\e]*SLM4003\.md)\e")]
    private static partial Regex Link();

    /// <summary>Commands to the terminal, links among them.</summary>
    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e\]8;[^\e]*\e\\|\e\][^\e]*\e\\|\e[=>]")]
    private static partial Regex Escape();
}
