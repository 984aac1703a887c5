using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>The commands that anything can be scripted with, and the shape of what they print.</summary>
public sealed class Commands
{
    private static readonly string Model = Repository.Model("tiny-opt");
    private static readonly string Calibration = Repository.Text("sample-calibration.txt");
    private static readonly string Evaluation = Repository.Text("sample-eval.txt");

    [Fact]
    public void Prune_eval_and_inspect_work_together()
    {
        using var directory = new TempDirectory();
        ToolRun prune = ToolRun.Of(
            "prune", Model, "--method", "sparsegpt", "--pattern", "2:4", "--calibration", Calibration, "--samples", "8", "-o", directory["out"], "--json");
        prune.ExitCode.ShouldBe(0, prune.Error);
        prune.Json.GetProperty("output").GetString().ShouldBe(directory["out"]);
        prune.Json.GetProperty("sparsity").GetDouble().ShouldBe(0.5);
        prune.Json.GetProperty("seconds").GetDouble().ShouldBeGreaterThan(0);
        JsonElement tensor = prune.Json.GetProperty("tensors")[0];
        tensor.GetProperty("name").GetString().ShouldBe("model.decoder.layers.0.self_attn.q_proj.weight");
        tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ShouldBe([192, 192]);
        tensor.GetProperty("sparsity").GetDouble().ShouldBe(0.5);
        tensor.GetProperty("relativeError").GetDouble().ShouldBeInRange(1e-4, 0.9);
        prune.Error.ShouldContain("layer 4/4");

        ToolRun inspect = ToolRun.Of("inspect", directory["out"], "--json");
        inspect.ExitCode.ShouldBe(0, inspect.Error);
        inspect.Json.GetProperty("sparsity").GetDouble().ShouldBe(0.5);
        JsonElement fc1 = inspect.Json.GetProperty("tensors").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == "model.decoder.layers.2.fc1.weight");
        fc1.GetProperty("dtype").GetString().ShouldBe("F16");
        fc1.GetProperty("pattern").GetString().ShouldBe("2:4");
        fc1.GetProperty("sparsity").GetDouble().ShouldBe(0.5);

        File.WriteAllText(directory["eval.txt"], File.ReadAllText(Evaluation)[..4000]);
        ToolRun eval = ToolRun.Of("eval", directory["out"], "--text", directory["eval.txt"], "--json");
        eval.ExitCode.ShouldBe(0, eval.Error);
        ToolRun dense = ToolRun.Of("eval", Model, "--text", directory["eval.txt"], "--json");
        eval.Json.GetProperty("perplexity").GetDouble()
            .ShouldBeGreaterThan(dense.Json.GetProperty("perplexity").GetDouble());
        eval.Json.GetProperty("windows").GetInt32().ShouldBe(dense.Json.GetProperty("windows").GetInt32());
        eval.Json.GetProperty("tokens").GetInt32().ShouldBe(256 * eval.Json.GetProperty("windows").GetInt32());
    }

    [Fact]
    public void What_was_quantised_and_not_pruned_is_called_so_by_prune_and_inspect()
    {
        using var directory = new TempDirectory();
        ToolRun prune = ToolRun.Of(
            "prune", Model, "--method", "magnitude", "--sparsity", "0", "--bits", "4", "--embeddings", "8",
            "--calibration", Calibration, "--samples", "2", "--encoding", "sparse", "-o", directory["out"]);
        prune.ExitCode.ShouldBe(0, prune.Error);
        prune.Output.ShouldContain("24 matrices quantised to 4 bits in groups of 64 (embeddings in 8 bits) in ");
        prune.Output.ShouldContain("16.00 -> 4.25 bits a weight in the quantised matrices");
        prune.Error.ShouldContain("layer 4/4 quantised");

        ToolRun inspect = ToolRun.Of("inspect", directory["out"]);
        inspect.Output.ShouldContain("4 bits in groups of 64 (24 tensors)");
        inspect.Output.ShouldContain("8 bits in groups of 64 (1 tensor)");
        inspect.Output.ShouldMatch(@"packed: 1\.[0-9]+ MB, [0-9.]+ % of the 4\.[0-9]+ MB that it takes unpacked");
        inspect.Output.ShouldMatch(@"int4 +24 ");
        inspect.Output.ShouldMatch(@"layers\.0\.fc1\.weight .* int4 +4 ");

        ToolRun.Of("unpack", directory["out"], "-o", directory["dense"]).ExitCode.ShouldBe(0);
        ToolRun dense = ToolRun.Of("inspect", directory["dense"]);
        dense.Output.ShouldContain("4 bits in groups of 64 (24 tensors)");
        dense.Output.ShouldContain("not packed");
    }

    [Fact]
    public void Export_inspect_and_diff_work_together_on_gguf()
    {
        using var directory = new TempDirectory();
        string model = Repository.Model("tiny-llama");
        string file = directory["tiny-Q8_0.gguf"];
        ToolRun export = ToolRun.Of("export", model, "--type", "q8_0", "--name", "Tiny", "-o", file, "--json");
        export.ExitCode.ShouldBe(0, export.Error);
        export.Json.GetProperty("type").GetString().ShouldBe("q8_0");
        export.Json.GetProperty("files").EnumerateArray().Single().GetString().ShouldBe(file);
        export.Json.GetProperty("bytes").GetInt64().ShouldBe(new FileInfo(file).Length);
        export.Error.ShouldContain("tiny-llama: writing tiny-Q8_0.gguf");

        ToolRun inspect = ToolRun.Of("inspect", file);
        inspect.Output.ShouldContain("llama.block_count");
        inspect.Output.ShouldContain("blk.0.attn_q.weight");
        JsonElement diff = ToolRun.Of("diff", model, file, "--json").Json;
        diff.GetProperty("total").GetProperty("relativeDistance").GetDouble().ShouldBeInRange(1e-4, 0.01);
        diff.GetProperty("onlyInA").GetArrayLength().ShouldBe(0);

        ToolRun unnamed = ToolRun.Of("export", model, "-o", directory["tiny"]);
        unnamed.ExitCode.ShouldBe(2);
        unnamed.Error.ShouldContain("name one like tiny.gguf");
    }

    [Fact]
    public void Packing_says_where_it_has_made_nothing_smaller()
    {
        using var directory = new TempDirectory();
        ToolRun pack = ToolRun.Of("pack", Model, "-o", directory["packed"], "--no-progress");
        pack.ExitCode.ShouldBe(0, pack.Error);
        pack.Error.ShouldStartWith("nothing was made smaller: ");
    }

    [Fact]
    public void Nothing_is_said_of_the_weights_of_matrices_where_none_were_pruned()
    {
        using var project = new RecipeProject("  a: { method: magnitude, sparsity: 0 }");
        ToolRun build = project.Run("build");
        build.ExitCode.ShouldBe(0, build.Error);
        build.Output.ShouldContain("packed");
        build.Output.ShouldNotContain("0.00 -> 0.00");
        ToolRun prune = ToolRun.Of("prune", Model, "--method", "magnitude", "--sparsity", "0", "-o", project["out"]);
        prune.Output.ShouldContain(" packed (--encoding sparse)");
        prune.Output.ShouldNotContain("bits a weight");
    }

    [Fact]
    public void A_pruned_model_is_packed_measured_and_unpacked()
    {
        using var directory = new TempDirectory();
        ToolRun.Of(
            "prune",
            Model,
            "--method",
            "magnitude",
            "--sparsity",
            "0.7",
            "-o",
            directory["pruned"],
            "--no-progress").ExitCode.ShouldBe(0);
        ToolRun pack = ToolRun.Of("pack", directory["pruned"], "-o", directory["packed"], "--json");
        pack.ExitCode.ShouldBe(0, pack.Error);
        pack.Error.ShouldContain("packing, 100 %");
        pack.Error.ShouldNotContain("nothing was made smaller");
        pack.Json.GetProperty("formatVersion").GetInt32().ShouldBe(1);
        pack.Json.GetProperty("bytesAfter").GetInt64()
            .ShouldBeLessThan(pack.Json.GetProperty("bytesBefore").GetInt64() * 55 / 100);
        JsonElement layout = pack.Json.GetProperty("layouts")[0];
        layout.GetProperty("layout").GetString().ShouldBe("bitmask");
        layout.GetProperty("tensors").GetInt32().ShouldBe(24);
        layout.GetProperty("denseBitsPerWeight").GetDouble().ShouldBe(16);
        layout.GetProperty("storedBitsPerWeight").GetDouble().ShouldBeInRange(5.8, 6.2);

        File.WriteAllText(directory["eval.txt"], File.ReadAllText(Evaluation)[..4000]);
        string[] eval = ["--text", directory["eval.txt"], "--json", "--no-progress"];
        ToolRun measured = ToolRun.Of(["eval", directory["packed"], .. eval]);
        measured.ExitCode.ShouldBe(0, measured.Error);
        double expected = ToolRun.Of(["eval", directory["pruned"], .. eval]).Json.GetProperty("perplexity")
            .GetDouble();
        measured.Json.GetProperty("perplexity").GetDouble()
            .ShouldBe(expected, 1e-6 * expected, "kernels that leave it packed add up in another order");

        ToolRun unpack = ToolRun.Of(
            "unpack",
            directory["packed"],
            "-o",
            directory["unpacked"],
            "--no-progress");
        unpack.ExitCode.ShouldBe(0, unpack.Error);
        unpack.Output.ShouldContain("unpacked: ");
        foreach (string path in Directory.GetFiles(directory["pruned"]))
        {
            File.ReadAllBytes(Path.Combine(directory["unpacked"], Path.GetFileName(path)))
                .ShouldBe(File.ReadAllBytes(path));
        }

        ToolRun prune = ToolRun.Of(
            "prune",
            directory["packed"],
            "--method",
            "magnitude",
            "--sparsity",
            "0.8",
            "-o",
            directory["again"]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain("error SLM2022");
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Eval_measures_the_reference_perplexity(string model)
    {
        using var reference = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repository.Model(model), "reference-sample.json")));
        double expected = reference.RootElement.GetProperty("perplexity").GetProperty("ppl").GetDouble();
        ToolRun eval = ToolRun.Of("eval", Repository.Model(model), "--text", Evaluation, "--json");
        eval.Json.GetProperty("perplexity").GetDouble().ShouldBe(expected, 0.001 * expected);
    }

    [SkippableTheory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Eval_measures_the_reference_perplexity_on_books(string model)
    {
        // The sample text shows the same by day.
        Repository.RequireAllQuality();
        string books = Repository.RequireBooks();
        using var reference = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repository.Model(model), "reference.json")));
        double expected = reference.RootElement.GetProperty("perplexity").GetProperty("ppl").GetDouble();
        ToolRun eval = ToolRun.Of(
            "eval",
            Repository.Model(model),
            "--text",
            Path.Combine(books, "eval.txt"),
            "--json");
        eval.Json.GetProperty("perplexity").GetDouble().ShouldBe(expected, 0.001 * expected);
    }

    [Fact]
    public void Init_writes_a_recipe_that_is_valid()
    {
        using var directory = new TempDirectory();
        string recipe = directory["pruning.yaml"];
        ToolRun.Of("init", Model, "--calibration", Calibration, "--evaluation", Evaluation, "-o", recipe).ExitCode
            .ShouldBe(0);
        ToolRun validate = ToolRun.Of("validate", recipe, "--json");
        validate.ExitCode.ShouldBe(0, validate.Error);
        validate.Json.GetProperty("valid").GetBoolean().ShouldBeTrue();
        validate.Json.GetProperty("artifacts").EnumerateArray().Select(name => name.GetString())
            .ShouldBe(["tiny-opt-50", "tiny-opt-2of4"]);

        File.ReadLines(recipe).First().ShouldBe("# yaml-language-server: $schema=pruning.schema.json");
        File.ReadAllText(directory["pruning.schema.json"]).ShouldBe(ToolRun.Of("schema").Output);

        ToolRun again = ToolRun.Of("init", Model, "-o", recipe);
        again.ExitCode.ShouldBe(2);
        again.Error.ShouldContain("SLM5002");
    }

    [Fact]
    public void Schema_prints_the_schema()
    {
        string schema = File.ReadAllText(Path.Combine(Repository.Root, "schemas", "pruning.schema.json"));
        ToolRun.Of("schema").Output.ShouldBe(schema);
    }
}
