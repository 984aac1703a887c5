using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary><c>dotnet build</c> of the QuickStart when nothing has changed, beside the same build without
/// pruning.</summary>
internal sealed class NoOpBuild(Workspace workspace)
{
    private const double Goal = 1.15;

    public IEnumerable<Measurement> Measure(int runs)
    {
        foreach (string[] options in (string[][])[[], ["--no-restore"]])
        {
            string[] build = ["build", Path.Combine(Repository.Root, "samples", "QuickStart"), .. options];
            (double with, double without) = Timing.SideBySide(
                runs, () => workspace.DotNet(build), () => workspace.DotNet([.. build, "-p:SparseLlmEnabled=false"]));
            yield return new Measurement(
                $"`{string.Join(' ', ["dotnet build", .. options])}` of the QuickStart, nothing to do",
                $"{with:0.00} s",
                $"{without:0.00} s with `SparseLlmEnabled=false`",
                $"{with / without:0.000}",
                $"at most {Goal}",
                with / without <= Goal);
        }
    }
}
