using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A build that takes its artifact from the cache, beside copying a file of the same length.</summary>
internal sealed class RestoreFromCache(Workspace workspace, double gigabytes)
{
    private const double Goal = 0.5;

    public IEnumerable<Measurement> Measure(int runs)
    {
        long bytes = SyntheticModel.OfSize(gigabytes, 2048, 5504).Write(workspace["restored/model"]);
        string recipe = workspace["restored/pruning.yaml"];
        File.WriteAllText(
            recipe,
            "version: 1\nmodel: model\nartifacts:\n  half: { method: magnitude, sparsity: 0.5 }\n");
        string[] build = ["build", recipe, "--output", workspace["restored/models"]];
        workspace.Sparsellm(build);
        string source = workspace["restored/models/half/model.safetensors"];
        string copied = workspace["restored/copied"];
        File.Move(source, copied);

        (double restore, double copy) = Timing.SideBySide(
            runs,
            () =>
            {
                workspace.Delete("restored/models");
                if (!workspace.Sparsellm(build).Contains("from cache", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException("The artifact was not taken from the cache.");
                }
            },
            () => File.Copy(copied, copied + ".copy", overwrite: true));

        // What a build costs that finds the artifact in its place. Only settled files have their digests remembered.
        File.SetLastWriteTimeUtc(source, DateTime.UtcNow.AddHours(-1));
        workspace.Sparsellm(build);
        double start = Timing.Median(
            Enumerable.Range(0, runs).Select(_ => Timing.Of(() => workspace.Sparsellm(build))));
        double rate = bytes / 1e6 / (restore - start);
        double copyRate = bytes / 1e6 / copy;
        yield return new Measurement(
            $"restoring an artifact of {bytes / 1e9:0.0} GB from the cache, verified ({restore:0.00} s, of which "
            + $"{start:0.00} s are what a build costs that finds it in its place)",
            $"{rate:0} MB/s",
            $"{copyRate:0} MB/s copying the file",
            $"{rate / copyRate:0.00}",
            $"at least {Goal}",
            rate / copyRate >= Goal);
        workspace.Delete("restored");
        workspace.Delete("cache");
    }
}
