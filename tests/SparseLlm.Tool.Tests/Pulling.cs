namespace SparseLlm.Tool.Tests;

/// <summary>Commands that are given names on the hub.</summary>
public sealed class Pulling : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly HubServer server = new();
    private readonly HubServerRepository model;

    public Pulling()
    {
        model = server.AddModel("acme/tiny-opt");
        model.Push(ShallowModel.Of("tiny-opt"));
    }

    public void Dispose()
    {
        server.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void A_model_is_pulled_by_its_name_and_every_command_takes_it()
    {
        ToolRun pulled = Run("pull", "acme/tiny-opt");
        pulled.ExitCode.ShouldBe(0, pulled.Error);
        pulled.Output.Trim()
            .ShouldBe(Path.Combine(directory["home"], "hub", "models--acme--tiny-opt", "snapshots", model.Main));
        pulled.Error.ShouldContain($"downloading hf://acme/tiny-opt at {model.Main[..7]}: 8 files, ");

        Run("inspect", "hf://acme/tiny-opt", "--offline").Output.ShouldContain("OPTForCausalLM");
        File.WriteAllText(directory["eval.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000]);
        Run(
            "eval",
            "hf://acme/tiny-opt",
            "--text",
            directory["eval.txt"],
            "--offline").Output.ShouldContain("perplexity ");
        Run("doctor").Output.ShouldContain($"{server.Endpoint}, token from HF_TOKEN, cache {directory["home"]}");
    }

    [Fact]
    public void A_recipe_for_a_model_of_the_hub_is_written_with_texts_from_there_and_its_lock_file_is_moved_on_purpose()
    {
        Run("init", "hf://acme/tiny-opt").ExitCode.ShouldBe(0);
        File.ReadAllText(directory["pruning.yaml"]).ShouldContain("dataset: \"c4\"");
        Run("validate").ExitCode.ShouldBe(0);
        Run(
            "init",
            "hf://acme/tiny-opt",
            "--force",
            "--calibration",
            "hf://datasets/acme/stories/train.jsonl",
            "--evaluation",
            "c4").Output.ShouldNotContain("not there yet");
        File.ReadAllText(directory["pruning.yaml"]).ShouldContain("  text: \"hf://datasets/acme/stories/train.jsonl\"");
        File.ReadAllText(directory["pruning.yaml"]).ShouldContain("    c4: { dataset: c4 }");
        Run("validate").ExitCode.ShouldBe(0);

        string recipe = directory["pruning.yaml"];
        File.WriteAllText(
            recipe,
            "version: 1\nmodel: hf://acme/tiny-opt\nartifacts: { half: { method: magnitude, sparsity: 0.5 } }\n");
        Run("build").ExitCode.ShouldBe(0);
        Run("update", "--check").Output.ShouldContain("pruning.lock.json is up to date");

        string before = model.Main[..7];
        Dictionary<string, byte[]> files = model.Commits[model.Main]
            .ToDictionary(file => file.Key, file => file.Value.Content);
        files["README.md"] = [(byte)'x'];
        string after = model.Push(files)[..7];
        string moved = $"hf://acme/tiny-opt: the hub's main moved from {before} to {after}";
        Run(
            "why",
            "half").Output.ShouldContain($"half is up to date.\nNothing has changed since pruning.lock.json.\n{moved}; "
                + $"'dotnet sparsellm update' moves the lock file there.");
        Run("update", "--check").ExitCode.ShouldBe(3);
        Run("update").Output.ShouldContain($"{moved}\npruning.lock.json is moved");
        Run("status").Error.ShouldContain("this command downloads nothing; 'dotnet sparsellm pull' does");
        Run("pull").ExitCode.ShouldBe(0);
        Run("why", "half").Output.ShouldContain($"hf://acme/tiny-opt: the hub's main moved: {before} -> {after}");
        Run("build", "--offline").ExitCode.ShouldBe(0);
        Run("status").Output.ShouldContain("half: fresh");
    }

    [Fact]
    public void What_is_wrong_with_a_name_or_the_hub_is_said_without_the_token()
    {
        ToolRun missing = Run(
            "prune",
            "hf://acme/none",
            "--method",
            "magnitude",
            "--sparsity",
            "0.5",
            "-o",
            directory["out"]);
        missing.ExitCode.ShouldBe(1);
        missing.Error.ShouldContain("error SLM6003: hf://acme/none");
        missing.Error.ShouldNotContain(server.Token);
        Directory.Exists(directory["out"]).ShouldBeFalse();
        Run("inspect", "hf://datasets/acme/tiny-opt/x.txt").Error.ShouldContain(
            "error SLM6001: 'hf://datasets/acme/tiny-opt/x.txt': it is a data set, and a model is wanted");
    }

    private ToolRun Run(params string[] arguments)
    {
        using var process = ToolProcess.Start(
            new()
            {
                ["HF_ENDPOINT"] = server.Endpoint.ToString(),
                ["HF_TOKEN"] = server
                    .Token,
                ["HF_HOME"] = directory["home"],
                ["SPARSELLM_CACHE"] = directory["cache"],
            },
            arguments,
            directory.Path);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolRun(process.ExitCode, output, error.Result);
    }
}
