using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary><c>build</c>: artifacts of a recipe, what is up to date, gates.</summary>
public sealed class Building : IDisposable
{
    private readonly TempDirectory directory = new();

    // What is measured is not the subject: a page of text will do.
    public Building()
        => File.WriteAllText(Evaluation, File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000]);

    private string Models => directory["models"];

    private string Evaluation => directory["eval.txt"];

    [Fact]
    public void An_artifact_is_a_model_directory_with_its_provenance()
    {
        Write("artifacts: { half: { method: wanda, sparsity: 0.5 } }");
        ToolRun build = Build("--json");
        build.ExitCode.ShouldBe(0, build.Error);
        JsonElement artifact = build.Json.GetProperty("artifacts")[0];
        artifact.GetProperty("name").GetString().ShouldBe("half");
        artifact.GetProperty("sparsity").GetDouble().ShouldBe(0.5, 1e-5);
        artifact.GetProperty("perplexity").GetProperty("prose").GetProperty("pruned").GetDouble()
            .ShouldBeGreaterThan(
                artifact.GetProperty("perplexity").GetProperty("prose").GetProperty("dense").GetDouble());
        foreach (string file in (string[])["config.json", "model.safetensors", "tokenizer.json",
            "tokenizer_config.json", "pruning.json", "summary.md", "report.html"])
        {
            File.Exists(Path.Combine(Models, "half", file)).ShouldBeTrue(file);
        }

        File.ReadAllText(Path.Combine(Models, "half", "summary.md")).ShouldContain("| prose |");
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Models, "half", "pruning.json")));
        manifest.RootElement.GetProperty("tensors").GetArrayLength().ShouldBe(12);
        manifest.RootElement.GetProperty("calibration").GetProperty("samples").GetInt32().ShouldBe(8);
        Directory.EnumerateFileSystemEntries(Models).Select(Path.GetFileName).Order()
            .ShouldBe(["half", "summary.html", "summary.md"]);
    }

    [Fact]
    public void Only_what_has_changed_is_made_again()
    {
        Write("artifacts: { a: { method: magnitude, sparsity: 0.5 }, b: { method: magnitude, sparsity: 0.6 } }");
        Build().Error.ShouldNotContain("up to date");
        Build().Error.ShouldContain("a: up to date");
        Write("artifacts: { a: { method: magnitude, sparsity: 0.5 }, b: { method: magnitude, sparsity: 0.7 } }");
        ToolRun build = Build();
        build.Error.ShouldContain("a: up to date");
        build.Error.ShouldNotContain("b: up to date");
        File.AppendAllText(Path.Combine(Models, "a", "model.safetensors"), "x");
        Build().Error.ShouldNotContain("a: up to date");
    }

    [Fact]
    public void A_missed_gate_is_an_error_at_its_place_and_needs_no_second_prune()
    {
        Write("""
            artifacts:
              most:
                method: magnitude
                sparsity: 0.9
                gates:
                  prose: { maxIncrease: 5%, max: 7 }
              least:
                method: magnitude
                sparsity: 0.1
                gates:
                  prose: { maxIncrease: 5% }
            """);
        ToolRun build = Build();
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain("pruning.yaml(13,");
        build.Error.Split('\n').Count(line => line.Contains("error SLM4003"))
            .ShouldBe(1, "one error for each artifact");
        build.Error.ShouldContain("'most' misses 2 of its 2 gates");
        build.Error.ShouldContain("(allowed: at most +5.0 % over dense, at most 7.000)");
        build.Output.ShouldMatch(@"most +magnitude .* missed ");
        build.Output.ShouldMatch(@"least +magnitude .* met ");
        build.Output.ShouldContain($"summary: {Path.Combine(Models, "summary.html")}");
        ToolRun again = Build();
        again.ExitCode.ShouldBe(1);
        again.Error.ShouldContain("most: up to date");
    }

    [Fact]
    public void A_missed_gate_of_a_warning_fails_nothing_and_is_among_what_every_build_warns_of()
    {
        Write(
            "artifacts: { most: { method: magnitude, sparsity: 0.9, gates: { prose: { max: 7, severity: warning } } } "
            + "}");
        string lists = Path.Combine(Path.GetDirectoryName(Models)!, "lists");

        ToolRun build = Build("--manifest", lists);

        build.ExitCode.ShouldBe(0, build.Error);
        build.Error.ShouldContain("warning SLM4003: 'most' misses its gate: the perplexity on 'prose' is ");
        build.Output.ShouldContain("missed (warning)");
        File.ReadAllText(lists + ".warnings").ShouldContain("warning SLM4003");
        File.ReadAllText(lists + ".summary").ShouldBe("summary.html\t1 model, 1 of 1 gate missed\n");
        File.ReadAllLines(lists + ".written").ShouldContain(Path.Combine(Models, "most", "pruning.json"));
        File.ReadAllText(Path.Combine(Models, "most", "summary.md")).ShouldContain("✗ **missed** (warning)");
    }

    [Fact]
    public void Artifacts_can_be_named()
    {
        Write("artifacts: { a: { method: magnitude, sparsity: 0.5 }, b: { method: magnitude, sparsity: 0.6 } }");
        Build("--artifact", "b").ExitCode.ShouldBe(0);
        Directory.Exists(Path.Combine(Models, "a")).ShouldBeFalse();
        Directory.Exists(Path.Combine(Models, "b")).ShouldBeTrue();
        ToolRun unknown = Build("--artifact", "c");
        unknown.ExitCode.ShouldBe(1);
        unknown.Error.ShouldContain("there is no artifact 'c'");
    }

    [Fact]
    public void Every_mistake_of_a_recipe_is_reported_and_nothing_is_made()
    {
        Write("artifacts: { a: { method: magnitud, sparsity: 1.2 } }");
        ToolRun build = Build();
        build.ExitCode.ShouldBe(2);
        build.Error.ShouldContain("did you mean 'magnitude'?");
        build.Error.ShouldContain("1.2 is not a fraction");
        Directory.Exists(Models).ShouldBeFalse();
    }

    [Fact]
    public void A_rule_that_matches_nothing_is_a_warning()
    {
        Write("""
            artifacts:
              a:
                method: magnitude
                sparsity: 0.5
                rules:
                  - { match: "*.oproj.weight", keep: true }
            """);
        ToolRun build = Build();
        build.ExitCode.ShouldBe(0);
        build.Error.ShouldContain("warning SLM3006");
        build.Error.ShouldContain("pruning.yaml(13,");
    }

    [Fact]
    public void A_numerical_fallback_is_a_note()
    {
        ToolRun prune = ToolRun.Of(
            "prune", ShallowModel.Of("tiny-opt"), "--method", "sparsegpt", "--set", "damping=0", "--sparsity", "0.5",
            "--calibration", Repository.Text("sample-calibration.txt"),
            "--samples", "1", "--sequence-length", "8", "-o", Models);
        prune.ExitCode.ShouldBe(0, prune.Error);
        prune.Error.ShouldContain("sparsellm: note SLM4008: ");
        prune.Error.ShouldNotContain("warning");
    }

    [Fact]
    public void Lists_for_a_build_system_name_inputs_outputs_artifacts_and_warnings()
    {
        Write("artifacts: { a: { method: magnitude, sparsity: 0.5, rules: [{ match: none, keep: true }] } }");
        Build("--manifest", directory["notes"]).ExitCode.ShouldBe(0);
        string[] inputs = File.ReadAllLines(directory["notes.inputs"]);
        inputs.ShouldContain(directory["pruning.yaml"]);
        inputs.ShouldContain(Path.Combine(ShallowModel.Of("tiny-opt"), "model.safetensors"));
        inputs.ShouldContain(Evaluation);
        string[] outputs = File.ReadAllLines(directory["notes.outputs"]);
        outputs.ShouldContain("a/pruning.json");
        outputs.ShouldContain("a/report.html");
        outputs.ShouldContain("summary.html");
        outputs.ShouldContain("summary.md");
        File.WriteAllText(Path.Combine(Models, "a", "README.md"), "what a user has put there is no output");
        Build("--manifest", directory["notes"]).ExitCode.ShouldBe(0);
        File.ReadAllLines(directory["notes.outputs"]).ShouldBe(outputs);
        File.ReadAllLines(directory["notes.artifacts"]).Single().Split('\t')[..2].ShouldBe(["a", "0.5"]);
        File.ReadAllLines(directory["notes.warnings"]).Single().ShouldStartWith($"{directory["pruning.yaml"]}(8,");
    }

    [Fact]
    public void Lists_that_cannot_be_written_are_an_error_with_their_path()
    {
        Write("artifacts: { a: { method: magnitude, sparsity: 0.5 } }");
        Directory.CreateDirectory(directory["notes.outputs"]);
        ToolRun build = Build("--manifest", directory["notes"]);
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain($"{directory["notes"]}: error SLM4006: the artifacts were made, but the lists for "
            + $"the build system cannot be written: ");
    }

    private void Write(string artifacts) => File.WriteAllText(directory["pruning.yaml"], $$"""
        version: 1
        model: {{ShallowModel.Of("tiny-opt")}}
        calibration:
          text: {{Repository.Text("sample-calibration.txt")}}
          samples: 8
        evaluation:
          perplexity: { prose: {{Evaluation}} }
        {{artifacts}}
        """);

    private ToolRun Build(params string[] options) =>
        ToolRun.Of(["build", directory["pruning.yaml"], "--output", Models, .. options]);

    public void Dispose() => directory.Dispose();
}
