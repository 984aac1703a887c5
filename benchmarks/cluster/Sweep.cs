using System.Security.Cryptography;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Cluster;

/// <summary>A recipe of many artifacts of one small model.</summary>
internal sealed class Sweep
{
    private readonly Workspace workspace;
    private readonly string folder;

    /// <summary>Writes the model and the recipe.</summary>
    /// <param name="workspace">Where.</param>
    /// <param name="folder">The folder there.</param>
    /// <param name="model">The model.</param>
    /// <param name="method">The method of all artifacts.</param>
    /// <param name="units">How many there are.</param>
    public Sweep(Workspace workspace, string folder, SyntheticModel model, string method, int units)
    {
        (this.workspace, this.folder, Layers) = (workspace, folder, model.Layers);
        Names = [.. Enumerable.Range(0, units).Select(unit => $"u{unit}")];
        model.Write(workspace[$"{folder}/model"]);
        string sample = Path.Combine(Repository.Root, "samples", "data", "sample-calibration.txt");
        File.Copy(sample, workspace[$"{folder}/text.txt"]);
        File.WriteAllText(Recipe, $$"""
            version: 1
            model: model
            calibration: { text: text.txt, samples: 32, sequenceLength: 128 }
            engine: { device: cpu, threads: 1 }
            artifacts:
            {{string.Join('\n', Names.Select((name, unit) =>
                $"  {name}: {{ method: {method}, sparsity: {0.3 + 0.5 * unit / units:0.0000} }}"))}}

            """);
    }

    /// <summary>The artifacts.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Decoder layers of the model.</summary>
    public int Layers { get; }

    /// <summary>The path of the recipe.</summary>
    public string Recipe => workspace[$"{folder}/pruning.yaml"];

    /// <summary>The folders of runs in the cache.</summary>
    public IEnumerable<string> Runs => Directory.Exists(workspace[$"{folder}/cache/runs"])
        ? Directory.EnumerateDirectories(workspace[$"{folder}/cache/runs"])
        : [];

    /// <summary>The arguments of a build.</summary>
    /// <param name="options">More of them.</param>
    public string[] Build(params string[] options) =>
    [
        "build", Recipe, "--output", workspace[$"{folder}/models"], "--cache", workspace[$"{folder}/cache"],
        "--no-progress", .. options,
    ];

    /// <summary>The arguments of a worker for one artifact.</summary>
    public string[] Worker(string artifact) =>
    [
        "worker", Recipe, "--cache", workspace[$"{folder}/cache"], "--no-progress", "--no-steal",
        "--artifact", artifact,
    ];

    /// <summary>Digests of all weights that were made, by artifact.</summary>
    public IReadOnlyDictionary<string, string> Weights() => Names.ToDictionary(
        name => name,
        name => Convert.ToHexString(SHA256.HashData(
            File.ReadAllBytes(workspace[$"{folder}/models/{name}/model.safetensors"]))));

    /// <summary>Deletes the artifacts, and what was kept of them unless that is to stay.</summary>
    public void Forget(bool keepsCache = false)
    {
        workspace.Delete($"{folder}/models");
        File.Delete(workspace[$"{folder}/pruning.lock.json"]);
        if (!keepsCache)
        {
            workspace.Delete($"{folder}/cache");
        }
    }
}
