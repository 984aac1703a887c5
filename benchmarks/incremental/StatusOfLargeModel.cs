using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary><c>sparsellm status</c> of a large model that was hashed before, beside a small one.</summary>
internal sealed class StatusOfLargeModel(Workspace workspace, double gigabytes)
{
    private const double Goal = 0.3;

    public IEnumerable<Measurement> Measure(int runs)
    {
        string[] large = Prepare("large", SyntheticModel.OfSize(gigabytes, 4096, 11008), out long largeBytes);
        string[] small = Prepare("small", new SyntheticModel(ModelFamily.Llama, 2, 64, 192, 2), out long smallBytes);
        (double ofLarge, double ofSmall) = Timing.SideBySide(
            runs,
            () => workspace.Sparsellm(large),
            () => workspace.Sparsellm(small));
        yield return new Measurement(
            $"`sparsellm status`, model of {largeBytes / 1e9:0.0} GB hashed before",
            $"{ofLarge:0.00} s",
            $"{ofSmall:0.00} s, model of {smallBytes / 1e6:0.0} MB",
            $"{ofLarge - ofSmall:+0.00;-0.00} s",
            $"less than +{Goal} s",
            ofLarge - ofSmall < Goal);
        workspace.Delete("large");
    }

    /// <summary>Writes a model and a recipe. The first status, which Timing does not count, hashes the model.</summary>
    private string[] Prepare(string name, SyntheticModel model, out long bytes)
    {
        bytes = model.Write(workspace[$"{name}/model"], isSparse: true);
        string recipe = workspace[$"{name}/pruning.yaml"];
        File.WriteAllText(
            recipe,
            "version: 1\nmodel: model\nartifacts:\n  half: { method: magnitude, sparsity: 0.5 }\n");
        return ["status", recipe];
    }
}
