using System.Diagnostics;

namespace SparseLlm.Tool.Tests;

/// <summary>Bad input gets one clear error with a code and a non-zero exit, and leaves nothing half-written.</summary>
public sealed class BadInput
{
    private static readonly string Model = Repository.Model("tiny-opt");
    private static readonly string Calibration = Repository.Text("sample-calibration.txt");

    [Theory]
    [InlineData("SLM5001", "1.2 is not a fraction", "--sparsity", "1.2")]
    [InlineData("SLM5001", "--sparsity is '0,7', which is no number", "--sparsity", "0,7")]
    [InlineData("SLM5001", "--sparsity is '70%', a percentage; write 0.7", "--sparsity", "70%")]
    [InlineData("SLM5001", "--keep-experts is '12.5 %', a percentage; write 0.125", "--keep-experts", "12.5 %")]
    [InlineData("SLM5001", "--sparsity is '700%', which is no number", "--sparsity", "700%")]
    [InlineData("SLM5001", "'5:4' would prune nothing", "--pattern", "5:4")]
    [InlineData("SLM5001", "either --sparsity", "--sparsity", "0.5", "--pattern", "2:4")]
    [InlineData("SLM5001", "damping takes a number from 0 to 1", "--sparsity", "0.5", "--set", "damping=much")]
    [InlineData(
        "SLM5001",
        "there is no setting 'dampling'; did you mean 'damping'?",
        "--sparsity", "0.5", "--set", "dampling=0.1")]
    [InlineData(
        "SLM5001",
        "--embeddings is without effect where nothing is quantised; add --bits 4",
        "--sparsity", "0.5", "--embeddings", "8")]
    [InlineData(
        "SLM5001",
        "--set gives 'damping' more than once: 0.1, 0.2; keep one",
        "--sparsity", "0.5", "--set", "damping=0.1", "--set", "damping=0.2")]
    [InlineData("SLM5001", "; --sparsity 0 quantises it and prunes nothing", "--bits", "4")]
    [InlineData(
        "SLM5001",
        "--set damping=0.1: 'damping' has no effect on magnitude, only on wanda, ria, sparsegpt, admm, alps, sparsellm",
        "--sparsity", "0.5", "--method", "magnitude", "--set", "damping=0.1")]
    [InlineData(
        "SLM5001",
        "'solver' has no effect on wanda, only on sparsellm; leave it out",
        "--sparsity", "0.5", "--method", "wanda", "--set", "solver=alps")]
    [InlineData(
        "SLM5001",
        "--preset best has no effect on wanda, only on sparsellm; leave it out",
        "--sparsity", "0.5", "--method", "wanda", "--preset", "best")]
    public void Impossible_options_are_usage_errors(string code, string message, params string[] options)
    {
        using var directory = new TempDirectory();
        ToolRun prune = ToolRun.Of(
            ["prune", Model, "--calibration", Calibration, "-o", directory["out"], .. options]);
        prune.ExitCode.ShouldBe(2);
        prune.Error.ShouldContain($"error {code}");
        prune.Error.ShouldContain(message);
        Directory.EnumerateFileSystemEntries(directory.Path).ShouldBeEmpty();
    }

    [Fact]
    public void What_the_errors_of_an_allocation_are_measured_with_is_no_mistake_with_any_method()
    {
        using var directory = new TempDirectory();
        ToolRun.Of(
            "prune", "no-model", "--method", "magnitude", "--sparsity", "0.5", "--set", "blockSize=64",
            "--set", "allocation=error", "-o", directory["out"]).Error.ShouldNotContain("SLM5001");
    }

    [Fact]
    public void An_unknown_option_is_a_usage_error()
        => ToolRun.Of("prune", Model, "--sparsty", "0.5").ExitCode.ShouldBe(2);

    [Theory]
    [InlineData("SLM3002", "tokens", "--sparsity", "0.5", "--samples", "100000")]
    [InlineData("SLM3003", "the model's maximum of 256", "--sparsity", "0.5", "--sequence-length", "512")]
    [InlineData("SLM3004", "not a multiple of 5", "--pattern", "3:5")]
    [InlineData(
        "SLM3015",
        "a sparsity of 0.9999999 leaves none of the 36864 weights of 'model.decoder.layers.0.self_attn.q_proj.weight'",
        "--sparsity",
        "0.9999999")]
    public void What_does_not_fit_the_model_or_the_text_is_an_error(
        string code,
        string message,
        params string[] options)
    {
        using var directory = new TempDirectory();
        ToolRun prune = ToolRun.Of(
            ["prune", Model, "--calibration", Calibration, "-o", directory["out"], .. options]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain($"error {code}");
        prune.Error.ShouldContain(message);
        Directory.EnumerateFileSystemEntries(directory.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_method_that_looks_at_activations_needs_calibration_data()
    {
        using var directory = new TempDirectory();
        ToolRun prune = ToolRun.Of("prune", Model, "--sparsity", "0.5", "-o", directory["out"]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain("error SLM3008");
    }

    [Fact]
    public void A_directory_that_is_not_an_artifact_is_not_overwritten()
    {
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["out"]);
        File.WriteAllText(Path.Combine(directory["out"], "thesis.txt"), "three years of work");
        ToolRun prune = ToolRun.Of(
            "prune",
            Model,
            "--method",
            "magnitude",
            "--sparsity",
            "0.5",
            "-o",
            directory["out"]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain("error SLM4001");
        File.ReadAllText(Path.Combine(directory["out"], "thesis.txt")).ShouldBe("three years of work");
        Directory.EnumerateFileSystemEntries(directory.Path).Count().ShouldBe(1);
    }

    [Fact]
    public void A_model_that_is_not_there_is_an_error()
    {
        using var directory = new TempDirectory();
        Directory.CreateDirectory(directory["tiny-opt-missin"]);
        ToolRun prune = ToolRun.Of(
            "prune",
            directory["tiny-opt-missing"],
            "--method",
            "magnitude",
            "--sparsity",
            "0.5",
            "-o",
            directory["out"]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain("error SLM2");
        prune.Error.ShouldContain($"did you mean '{directory["tiny-opt-missin"]}'?");
    }

    [Fact]
    public void Damaged_weights_are_an_error_that_names_the_tensor()
    {
        using var directory = new TempDirectory();
        CopyModel(directory["model"]);
        OverwriteTail(Path.Combine(directory["model"], "model.safetensors"), [0x00, 0x7e]);
        ToolRun prune = ToolRun.Of(
            "prune",
            directory["model"],
            "--method",
            "magnitude",
            "--sparsity",
            "0.5",
            "-o",
            directory["out"]);
        prune.ExitCode.ShouldBe(1);
        prune.Error.ShouldContain("error SLM2");
        prune.Error.ShouldContain("model.decoder.layers.3.");
        Directory.Exists(directory["out"]).ShouldBeFalse();
    }

    [SkippableFact]
    public void A_full_disk_leaves_nothing_behind()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a small file system of its own");
        using var directory = new TempDirectory();
        string small = directory["small"];
        Directory.CreateDirectory(small);
        Skip.IfNot(Mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", small), "mounting a file system is not allowed here");
        try
        {
            ToolRun prune = ToolRun.Of(
                "prune",
                Model,
                "--method",
                "magnitude",
                "--sparsity",
                "0.5",
                "-o",
                Path.Combine(small, "out"));
            prune.ExitCode.ShouldBe(1);
            prune.Error.ShouldContain("error SLM4002");
            Directory.EnumerateFileSystemEntries(small).ShouldBeEmpty();
        }
        finally
        {
            using var unmount = Process.Start("umount", [small]);
            unmount.WaitForExit();
        }
    }

    private static bool Mount(params string[] arguments)
    {
        using var mount = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true })!;
        mount.WaitForExit();
        return mount.ExitCode == 0;
    }

    private static void CopyModel(string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }

    private static void OverwriteTail(string path, byte[] bytes)
    {
        using FileStream file = File.OpenWrite(path);
        file.Seek(-bytes.Length, SeekOrigin.End);
        file.Write(bytes);
    }
}
