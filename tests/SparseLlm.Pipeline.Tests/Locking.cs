using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A recipe is built against its lock file, or renews it.</summary>
public sealed class Locking : BuildTest
{
    private readonly List<Diagnostic> notices = [];

    private string Lock => Temp["pruning.lock.json"];

    [Fact]
    public void Everything_that_is_not_as_it_is_locked_is_said_at_once_and_the_rest_is_made()
    {
        Run();
        string written = File.ReadAllText(Lock);
        string[] digests = [Manifest("a"), Manifest("b"), Manifest("c")];
        File.WriteAllText(
            Lock,
            written.Replace(digests[0], new string('0', 64)).Replace(digests[2], new string('1', 64)));

        // What stands there, what the cache has, and what is pruned are all held against the lock.
        foreach (string? cache in (string?[])[null, null, "off"])
        {
            Diagnostic[] errors = [.. Should.Throw<DiagnosticException>(() => Run(isLocked: true, cache)).Diagnostics];
            errors.Select(error => (error.Code, error.Location!.Line)).ShouldBe([("SLM4011", 4), ("SLM4011", 6)]);
            Manifest("b").ShouldBe(digests[1]);
            RemoveOutput();
        }
    }

    [SkippableFact]
    public void A_lock_file_that_cannot_be_read_stays_and_the_artifacts_are_made()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes among files");
        Process.Start("mkfifo", [Lock]).WaitForExit();
        Run().Count.ShouldBe(3);
        notices.Select(notice => notice.Code).ShouldBe(["SLM4015"]);
        notices[0].Message.ShouldContain("stays as it was");
        File.Exists(Lock).ShouldBeTrue();
        new FileInfo(Lock).Length.ShouldBe(0);
        Should.Throw<DiagnosticException>(() => Run(isLocked: true)).Diagnostics.Single().Code.ShouldBe("SLM4006");
    }

    [Theory]
    [InlineData("<<<<<<< HEAD\n")]
    [InlineData("""{"name":"of another program","lockfileVersion":3}""")]
    [InlineData("""{"formatVersion":2,"artifacts":{}}""")]
    public void A_lock_file_in_a_merge_or_of_another_program_is_left_as_it_is(string content)
    {
        File.WriteAllText(Lock, content);
        Run().Count.ShouldBe(3);
        notices.Select(notice => notice.Code).ShouldBe(["SLM4015"]);
        notices[0].Message.ShouldContain("stays as it was");
        File.ReadAllText(Lock).ShouldBe(content);
        Should.Throw<DiagnosticException>(() => Run(isLocked: true)).Diagnostics.Single().Code.ShouldBe("SLM4012");
    }

    private IReadOnlyList<ArtifactOutcome> Run(bool isLocked = false, string? root = null)
    {
        File.WriteAllText(Temp["pruning.yaml"], $$"""
            version: 1
            model: {{Model}}
            artifacts:
              a: { method: magnitude, sparsity: 0.5 }
              b: { method: magnitude, sparsity: 0.6 }
              c: { method: magnitude, sparsity: 0.7 }
            """);
        Recipe recipe = RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
        using var engine = new LocalEngine(new CpuBackend());
        return new RecipeBuild(recipe, Temp["models"], engine, Open(root), new Notices(notices)).Run(
            new BuildOptions { IsLocked = isLocked },
            CancellationToken.None);
    }

    private string Manifest(string artifact) => Artifacts.ArtifactManifest.TryRead(Temp[$"models/{artifact}"])!.Digest;

    private sealed class Notices(List<Diagnostic> notices) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is Notice { Diagnostic: var diagnostic })
            {
                notices.Add(diagnostic);
            }
        }
    }
}
