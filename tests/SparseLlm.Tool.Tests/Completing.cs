namespace SparseLlm.Tool.Tests;

/// <summary>What a shell is told can come next, and what a machine is told about itself.</summary>
public sealed class Completing : IDisposable
{
    private readonly RecipeProject project = new(
        "  small: { method: magnitude, sparsity: 0.5 }\n  large: { method: magnitude, sparsity: 0.6 }");

    [Fact]
    public void Commands_options_and_choices_are_suggested()
    {
        Suggest("bu").ShouldBe(["build"]);
        Suggest("build --dev").ShouldBe(["--device", "--devices"]);
        Suggest("prune model --method spar").ShouldBe(["sparsegpt", "sparsellm"]);
        Suggest("engine install cud").ShouldBe(["cuda"]);
        Suggest("explain SLM300").ShouldContain("SLM3004");
    }

    [Fact]
    public void Names_of_artifacts_are_suggested()
        => Suggest($"build {project["pruning.yaml"]} --artifact ").ShouldBe(["large", "small"], ignoreOrder: true);

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("pwsh")]
    public void There_is_a_script_for_each_shell(string shell) =>
        ToolRun.Of("completions", shell).Output.ShouldContain("[suggest:");

    [SkippableFact]
    public void The_script_for_bash_completes_the_taught_command_too_and_leaves_the_rest_of_dotnet_as_it_was()
    {
        Skip.IfNot(File.Exists("/bin/bash"), "there is no bash here");
        string script = project["complete.sh"];
        string tool = Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll");
        File.WriteAllText(script, $$"""
            dotnet-sparsellm() { command dotnet "{{tool}}" "$@"; }
            dotnet() { shift; dotnet-sparsellm "$@"; }
            _earlier() { COMPREPLY=("by the earlier one: ${COMP_WORDS[*]}"); }
            complete -f -F _earlier dotnet
            completions="$(dotnet-sparsellm completions bash)"
            eval "$completions"
            eval "$completions"
            complete -p dotnet
            press_tab() {
                COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
                "$function" 2> /dev/null
                echo "${COMPREPLY[@]}"
            }
            function=_dotnet_sparsellm press_tab dotnet-sparsellm va
            function=_dotnet_with_sparsellm
            press_tab dotnet sparsellm va
            press_tab dotnet bu
            complete -r dotnet
            eval "$completions"
            complete -p dotnet
            """);
        using var bash = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("/bin/bash", [script]) { RedirectStandardOutput = true })!;
        bash.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
        [
            "complete -f -F _dotnet_with_sparsellm dotnet",
            "validate",
            "validate",
            "by the earlier one: dotnet bu",
            "complete -o bashdefault -o default -F _dotnet_with_sparsellm dotnet",
        ]);
    }

    [Fact]
    public void Doctor_tells_of_runtime_processor_memory_caches_and_engines()
    {
        var remote = new Dictionary<string, string> { ["SPARSELLM_REMOTE_CACHE"] = "http://cache.invalid/sparsellm" };
        System.Text.Json.JsonElement machine = ToolProcess.Run(remote, ["doctor", "--json", "--cache", project.Cache])
            .Json;
        machine.GetProperty("runtime").GetString()!.ShouldStartWith(".NET 1");
        machine.GetProperty("processors").GetInt32().ShouldBe(Environment.ProcessorCount);
        machine.GetProperty("cache").GetString().ShouldBe(project.Cache);
        machine.GetProperty("remoteCache").GetString().ShouldBe("http://cache.invalid/sparsellm/");
        machine.GetProperty("engines")[0].GetString()!.ShouldStartWith("cpu (");
        string text = ToolProcess.Run(remote, ["doctor", "--cache", project.Cache]).Output;
        text.ShouldContain("http://cache.invalid/sparsellm/, read only");
        ToolRun.Of("doctor").Output.ShouldContain("the cache is off");
    }

    private static string[] Suggest(string line)
    {
        string whole = "dotnet-sparsellm " + line;
        return ToolRun.Of($"[suggest:{whole.Length}]", whole).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public void Dispose() => project.Dispose();
}
