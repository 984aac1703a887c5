using System.Text.Json;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A recipe for a model of many layers, whose calibration takes in all of a text.</summary>
internal sealed class LayeredModel
{
    private const int TextLength = 32_768;
    private const int SequenceLength = 256;

    private readonly Workspace workspace;
    private readonly string folder;

    public LayeredModel(Workspace workspace, string folder, int layers)
    {
        (this.workspace, this.folder, Layers) = (workspace, folder, layers);
        new SyntheticModel(ModelFamily.Llama, layers, 256, 704, 8).Write(workspace[$"{folder}/model"]);
        string text = File.ReadAllText(Path.Combine(Repository.Root, "samples", "data", "sample-calibration.txt"));
        File.WriteAllText(workspace[$"{folder}/text.txt"], text[..TextLength]);
    }

    public int Layers { get; }

    /// <summary>The arguments of a build.</summary>
    public string[] Build => ["build", workspace[$"{folder}/pruning.yaml"], "--output", workspace[$"{folder}/models"]];

    /// <summary>Measures perplexity on the text: one forward pass, with the head.</summary>
    /// <returns>The number of windows.</returns>
    public int Evaluate()
    {
        string json = workspace.Sparsellm(
            "eval", workspace[$"{folder}/model"], "--text", workspace[
                $"{folder}/text.txt"], "--sequence-length", $"{SequenceLength}", "--cache", "off", "--json");
        return JsonDocument.Parse(json).RootElement.GetProperty("windows").GetInt32();
    }

    /// <summary>Writes the recipe.</summary>
    /// <param name="windows">Calibration windows.</param>
    /// <param name="lastLayer">The sparsity of the last layer.</param>
    public void WriteRecipe(int windows, double lastLayer = 0.5) => File.WriteAllText(
        workspace[$"{folder}/pruning.yaml"],
        $$"""
        version: 1
        model: model
        calibration: { text: text.txt, samples: {{windows}}, sequenceLength: {{SequenceLength}} }
        artifacts:
          half:
            sparsity: 0.5
            rules:
              - { match: "model.layers.{{Layers - 1}}.*", sparsity: {{lastLayer}} }
        """);

    /// <summary>Deletes what was made, and what was kept of it.</summary>
    public void Forget()
    {
        workspace.Delete($"{folder}/models");
        workspace.Delete("cache");
    }
}
