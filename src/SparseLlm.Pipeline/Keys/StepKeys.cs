using System.Globalization;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Pipeline.Keys;

/// <summary>The keys of the steps that make an artifact: how the budget is spread, each decoder layer, each pass over
/// all of them, and all of it.</summary>
/// <param name="Experts">The key of the choice of the experts that stay; null where all do.</param>
/// <param name="Allocation">The key of the measurement that spreads the budget; null where nothing is spread.</param>
/// <param name="Layers">The key of each pruned decoder layer.</param>
/// <param name="Epochs">The key of the state after each pass that tunes all layers together; none where there are no
/// such passes.</param>
/// <param name="Artifact">The key of the artifact.</param>
internal sealed record StepKeys(
    string? Experts,
    string? Allocation,
    IReadOnlyList<string> Layers,
    IReadOnlyList<string> Epochs,
    string Artifact)
{
    /// <summary>The keys of an artifact with these inputs.</summary>
    public static StepKeys Of(ArtifactInputs inputs)
    {
        string? allocation = AllocationKey(inputs);
        var layers = new List<string>();
        string? previous = inputs.Calibration is null ? null : StartKey(inputs);
        for (int index = 0; index < inputs.Layers.Count; index++)
        {
            string key = LayerKey(inputs, index, previous, allocation);
            layers.Add(key);
            previous = inputs.Calibration is null ? null : key;
        }

        using var artifact = new KeyBuilder("artifact", inputs.Revision);
        artifact.Add("model", ModelFiles.Digest(inputs.Model));
        if (inputs.Sources is { } sources)
        {
            // Of the artifact alone: a commit that leaves the files as they are leaves the layers as they are.
            artifact.Add("sources", KeyBuilder.Of("sources", sources));
        }

        foreach (string layer in layers)
        {
            artifact.Add("layer", layer);
        }

        string[] epochs = EpochKeys(inputs, layers);
        if (epochs is [.., var last])
        {
            artifact.Add("epoch", last);
        }

        return new StepKeys(ExpertsKey(inputs), allocation, layers, epochs, artifact.Build());
    }

    /// <summary>What runs into the first layer: the calibration tokens, embedded.</summary>
    private static string StartKey(ArtifactInputs inputs)
    {
        using var key = new KeyBuilder("start", inputs.Revision);
        key.Add("embedding", inputs.Embedding)
            .Add("config", inputs.Model.GetValueOrDefault("config.json"))
            .Add("tokenizer", TokenizerDigest.Of(inputs.Model))
            .Add("calibration", KeyBuilder.Of("calibration", inputs.Calibration!));
        if (inputs.Calibration!.ContainsKey(TextInputs.Chat))
        {
            key.Add("template", ChatTemplateDigest.Of(inputs.Model));
        }

        return key.Build();
    }

    private static string LayerKey(ArtifactInputs inputs, int index, string? previous, string? allocation)
    {
        LayerInputs layer = inputs.Layers[index];
        bool isLast = index == inputs.Layers.Count - 1;
        using var key = new KeyBuilder("layer", inputs.Revision);
        key.Add("numerics", inputs.Numerics)
            .Add("previous", previous)
            .Add("settings", KeyBuilder.Of("settings", inputs.Settings))
            .Add("weights", layer.Weights)
            .Add("head", isLast && inputs.Calibration is not null ? inputs.Head : null);
        foreach ((string tensor, string pattern) in layer.Patterns)
        {
            key.Add(tensor, pattern);
        }

        if (inputs.Quantization?.Embeddings is not null)
        {
            // What the table of a head becomes depends on all of the dense model, and layers may be fitted with it.
            key.Add("model", ModelFiles.Digest(inputs.Model));
        }

        return key.Add("allocation", IsSpread(layer) ? allocation : null).Build();
    }

    /// <summary>The keys of the passes over all layers. Each depends on how many there are, since steps become smaller
    /// towards the last.</summary>
    private static string[] EpochKeys(ArtifactInputs inputs, IReadOnlyList<string> layers)
    {
        if (inputs.Global is not { } settings)
        {
            return [];
        }

        using var start = new KeyBuilder("global", inputs.Revision);
        start.Add("numerics", inputs.Numerics)
            .Add("start", StartKey(inputs))
            .Add("settings", KeyBuilder.Of("settings", settings))
            .Add("batch", GlobalTuning.WindowsPerBatch.ToString(CultureInfo.InvariantCulture))
            .Add("epochsPerText", GlobalTuning.EpochsPerText.ToString(CultureInfo.InvariantCulture))
            .Add("heldBack", "as stored")
            .Add("head", inputs.Head);
        if (inputs.Quantization is not null)
        {
            start.Add("latentRate", GlobalTuning.LatentRate.ToString(CultureInfo.InvariantCulture));
        }

        foreach (string layer in layers)
        {
            start.Add("layer", layer);
        }

        string all = start.Build();
        return [.. Enumerable.Range(1, inputs.GlobalEpochs).Select(epoch => KeyBuilder.Of(
            "epoch",
            new Dictionary<string, string>
            {
                ["global"] = all,
                ["epoch"] = epoch.ToString(CultureInfo.InvariantCulture),
            }))];
    }

    private static string? ExpertsKey(ArtifactInputs inputs)
    {
        if (!inputs.DropsExperts)
        {
            return null;
        }

        using var key = new KeyBuilder("experts", inputs.Revision);
        key.Add("numerics", inputs.Numerics)
            .Add("start", StartKey(inputs))
            .Add("kept", inputs.Settings[ArtifactInputs.ExpertsKept]);
        foreach (LayerInputs layer in inputs.Layers)
        {
            key.Add("weights", layer.Weights);
        }

        return key.Build();
    }

    private static string? AllocationKey(ArtifactInputs inputs)
    {
        if (!inputs.Layers.Any(IsSpread))
        {
            return null;
        }

        using var key = new KeyBuilder("allocation", inputs.Revision);
        key.Add("numerics", inputs.Numerics)
            .Add("start", StartKey(inputs))
            .Add("settings", KeyBuilder.Of("settings", inputs.Settings));
        foreach (LayerInputs layer in inputs.Layers)
        {
            key.Add("weights", layer.Weights);
            foreach ((string tensor, string pattern) in layer.Patterns.Where(IsSpread))
            {
                key.Add(tensor, pattern);
            }
        }

        return key.Build();
    }

    private static bool IsSpread(LayerInputs layer) => layer.Patterns.Any(IsSpread);

    private static bool IsSpread(KeyValuePair<string, string> pattern)
        => pattern.Value.EndsWith(ArtifactInputs.Spread, StringComparison.Ordinal);
}
