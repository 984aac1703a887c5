using System.Diagnostics;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>Builds that are killed at random moments and built again: how many layers are pruned twice.</summary>
internal sealed class ResumeAfterKill(Workspace workspace, int layers)
{
    public IEnumerable<Measurement> Measure(int runs)
    {
        var model = new LayeredModel(workspace, "resume", layers);
        model.WriteRecipe(model.Evaluate());
        var random = new Random(1);
        int most = 0;
        for (int run = 0; run < runs; run++)
        {
            model.Forget();
            int killed = Build(model.Build, killAfter: random.Next(1, layers), random.NextDouble());
            int resumed = Build(model.Build, killAfter: null, 0);

            // The layer at which it was killed was begun, and is begun again; any other that is pruned twice comes on
            // top.
            most = Math.Max(most, 1 + killed + resumed - layers);
        }

        yield return new Measurement(
            $"`sparsellm build` of {layers} layers, killed {runs} times and built again",
            $"{most} layers begun twice at most", "", $"{most}", "at most 1", most <= 1);
    }

    /// <summary>Builds, to the end or until some part of the time of a layer has passed after another one was
    /// finished.</summary>
    /// <returns>How many layers were pruned.</returns>
    private int Build(string[] arguments, int? killAfter, double part)
    {
        using Process process = workspace.StartSparsellm(arguments);
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        int pruned = 0;
        var clock = Stopwatch.StartNew();
        while (process.StandardError.ReadLine() is { } line)
        {
            if (!line.Contains(" pruned", StringComparison.Ordinal))
            {
                continue;
            }

            pruned++;
            if (pruned == killAfter)
            {
                Thread.Sleep(clock.Elapsed / pruned * part);
                process.Kill();
            }
        }

        process.WaitForExit();
        return pruned;
    }
}
