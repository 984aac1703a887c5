namespace SparseLlm.Tool.Tests;

/// <summary>What a shell is told can come next, and what a machine is told about itself.</summary>
public sealed class Completing : IDisposable
{
    private readonly RecipeProject project = new("  small: { method: magnitude, sparsity: 0.5 }\n  large: { method: magnitude, sparsity: 0.6 }");

    [Fact]
    public void Commands_options_and_choices_are_suggested()
    {
        Suggest("bu").ShouldBe(["build"]);
        Suggest("build --dev").ShouldBe(["--device"]);
        Suggest("prune model --method spar").ShouldBe(["sparsegpt", "sparsellm"]);
        Suggest("explain SLM300").ShouldContain("SLM3004");
    }

    [Fact]
    public void Names_of_artifacts_are_suggested() => Suggest($"build {project["pruning.yaml"]} --artifact ").ShouldBe(["large", "small"], ignoreOrder: true);

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("powershell")]
    public void There_is_a_script_for_each_shell(string shell) =>
        ToolProcess.Run("completions", shell).Output.ShouldContain("[suggest:");

    [SkippableFact]
    public void The_script_for_bash_completes()
    {
        Skip.IfNot(File.Exists("/bin/bash"), "there is no bash here");
        string script = project["complete.sh"];
        string tool = Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll");
        File.WriteAllText(script, $$"""
            dotnet-sparsellm() { dotnet "{{tool}}" "$@"; }
            eval "$(dotnet-sparsellm completions bash)"
            COMP_LINE="dotnet-sparsellm va"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(dotnet-sparsellm va); COMP_CWORD=1
            _dotnet_sparsellm 2> /dev/null
            echo "${COMPREPLY[@]}"
            """);
        using var bash = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("/bin/bash", [script]) { RedirectStandardOutput = true })!;
        bash.StandardOutput.ReadToEnd().Trim().ShouldBe("validate");
    }

    [Fact]
    public void Doctor_tells_of_runtime_processor_memory_cache_and_engines()
    {
        System.Text.Json.JsonElement machine = ToolProcess.Run("doctor", "--json", "--cache", project.Cache).Json;
        machine.GetProperty("runtime").GetString()!.ShouldStartWith(".NET 1");
        machine.GetProperty("processors").GetInt32().ShouldBe(Environment.ProcessorCount);
        machine.GetProperty("cache").GetString().ShouldBe(project.Cache);
        machine.GetProperty("engines")[0].GetString()!.ShouldStartWith("cpu (");
        ToolProcess.Run("doctor").Output.ShouldContain("the cache is off");
    }

    private static string[] Suggest(string line)
    {
        string whole = "dotnet-sparsellm " + line;
        return ToolProcess.Run($"[suggest:{whole.Length}]", whole).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public void Dispose() => project.Dispose();
}
