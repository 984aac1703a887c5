using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Keys;

/// <summary>
/// Everything that can change a bit of an artifact, and nothing else, in a form that people can compare. Its
/// <see cref="StepKeys"/> are computed from this and from nothing else.
/// </summary>
internal sealed record ArtifactInputs : IJsonOnDeserialized
{
    /// <summary>Raised whenever a change of the engine changes results.</summary>
    public const int CurrentRevision = 5;

    /// <summary>What a matrix that stays as it is has for a pattern.</summary>
    public const string Dense = "dense";

    /// <summary>What stands behind a sparsity that is a mean over matrices, among which it is spread by
    /// measurement.</summary>
    public const string Spread = " on average";

    /// <summary>The setting that says how many experts stay.</summary>
    public const string ExpertsKept = "expertsKept";

    // The settings that say how kept weights are quantised.
    private const string Whole = "0";
    private const string Bits = "bits";
    private const string Group = "group";
    private const string Embeddings = "embeddings";

    // The setting that says how many passes tune all layers together.
    private const string Epochs = "globalEpochs";

    /// <summary>The revision of the algorithms.</summary>
    public int Revision { get; init; } = CurrentRevision;

    /// <summary>Backend, device kind and kernel family.</summary>
    public required string Numerics { get; init; }

    /// <summary>Digests of the model's files, by name.</summary>
    public required IReadOnlyDictionary<string, string> Model { get; init; }

    /// <summary>The commit of each address of the hub that the model and the calibration texts are from; null where
    /// none are.</summary>
    public IReadOnlyDictionary<string, string>? Sources { get; init; }

    /// <summary>Digest of the tensors of the embedding.</summary>
    public required string Embedding { get; init; }

    /// <summary>Digest of the tensors of the head.</summary>
    public required string Head { get; init; }

    /// <summary>Every setting of the method that decides something of a layer, by name.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The settings of the passes that tune all layers together, by name; null where there are none.</summary>
    public IReadOnlyDictionary<string, string>? Global { get; init; }

    /// <summary>Windows, digests of the calibration texts, and how those are read that are not plain text; null where
    /// none are looked at.</summary>
    public IReadOnlyDictionary<string, string>? Calibration { get; init; }

    /// <summary>The decoder layers in order.</summary>
    public required IReadOnlyList<LayerInputs> Layers { get; init; }

    /// <summary>The share of experts that is kept, where some are dropped, so that the artifact is a smaller model than
    /// the dense one; else null.</summary>
    [JsonIgnore]
    public string? ShareOfExperts => Settings.GetValueOrDefault(ExpertsKept) is { } share and not "1" ? share : null;

    /// <summary>How kept weights are quantised; null where they are not.</summary>
    [JsonIgnore]
    public Quantization? Quantization => Settings.GetValueOrDefault(Bits) is { } bits
        ? Pruning.Settings.Quantization.Of(bits, Settings[Group], Settings.GetValueOrDefault(Embeddings))
        : null;

    /// <summary>Whether weights become codes, and none of them is pruned.</summary>
    [JsonIgnore]
    public bool IsOnlyQuantized => Quantization is not null
        && Layers.All(layer => layer.Patterns.Values.All(pattern => pattern is Whole or Whole + Spread or Dense));

    /// <summary>How many passes tune all layers together.</summary>
    [JsonIgnore]
    public int GlobalEpochs => Global is null ? 0 : int.Parse(Global[Epochs], CultureInfo.InvariantCulture);

    /// <summary>Whether experts are dropped.</summary>
    [JsonIgnore]
    public bool DropsExperts => ShareOfExperts is not null;

    /// <summary>The inputs of an artifact.</summary>
    /// <param name="definition">The model.</param>
    /// <param name="model">The digests of its files and tensors.</param>
    /// <param name="files">Gives the digests of texts.</param>
    /// <param name="settings">The method.</param>
    /// <param name="plan">How sparse each matrix becomes.</param>
    /// <param name="calibration">The calibration data, if there is any.</param>
    /// <param name="numericsClass">The backend's.</param>
    /// <param name="sources">The commits of what is from the hub, by address; null where nothing is.</param>
    public static ArtifactInputs Of(
        ModelDefinition definition,
        ModelDigests model,
        InputFiles files,
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationSource? calibration,
        string numericsClass,
        IReadOnlyDictionary<string, string>? sources = null) => new()
        {
            Numerics = numericsClass,
            Model = model.Files,
            Sources = sources,
            Embedding = model.Embedding,
            Head = model.Head,
            Settings = Describe(settings),
            Global = settings.TunesTogether() ? DescribeGlobal(settings) : null,
            Calibration = calibration is null || !settings.NeedsCalibration()
                ? null
                : Describe(calibration, definition.MaximumLength, files),
            Layers = Describe(definition, model, settings, plan),
        };

    private static LayerInputs[] Describe(
        ModelDefinition definition,
        ModelDigests model,
        PruningSettings settings,
        SparsityPlan plan)
    {
        HashSet<LinearDefinition> spread = BudgetAllocation.Applies(definition, settings, plan)
            ? [.. plan.Spreadable(definition)]
            : [];
        return [.. definition.Layers.Select(layer => new LayerInputs(
            model.Layer(layer),
            layer.Linears.ToDictionary(
                linear => linear.WeightName,
                linear => Describe(plan.PatternFor(linear, settings.Quantization is not null))
                    + (spread.Contains(linear) ? Spread : ""))))];
    }

    private static string Describe(SparsityPattern? pattern) => pattern switch
    {
        null => Dense,
        SparsityPattern.Unstructured unstructured => unstructured.Fraction.ToString("R", CultureInfo.InvariantCulture),
        _ => pattern.ToString()!,
    };

    /// <summary>The method, every setting, and how many experts stay.</summary>
    private static SortedDictionary<string, string> Describe(PruningSettings settings)
    {
        var described = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["method"] = settings.Method.ToString().ToLowerInvariant(),
            [ExpertsKept] = settings.ExpertsKept.ToString(CultureInfo.InvariantCulture),
        };
        if (settings.Quantization is { } quantization)
        {
            described.Add(Bits, quantization.BitsText);
            described.Add(Group, quantization.GroupText);
            if (quantization.EmbeddingsText is { } embeddings)
            {
                described.Add(Embeddings, embeddings);
            }

            if (settings.TuningEpochs + settings.DistillationEpochs > 0)
            {
                // Tuning left codes as they were once.
                described.Add("codes", "tuned");
            }
        }

        foreach (Setting setting in Setting.All.Where(setting => !setting.IsGlobal))
        {
            described.Add(setting.Name, setting.ValueIn(settings)?.Text ?? "by default");
        }

        return described;
    }

    private static SortedDictionary<string, string> DescribeGlobal(PruningSettings settings)
    {
        var described = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Setting setting in Setting.All.Where(setting => setting.IsGlobal))
        {
            described.Add(setting.Name, setting.ValueIn(settings)!.Text);
        }

        return described;
    }

    private static Dictionary<string, string> Describe(
        CalibrationSource calibration,
        int modelMaximum,
        InputFiles files)
    {
        CalibrationSettings settings = calibration.Settings;
        int length = settings.SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum);
        var described = new Dictionary<string, string>
        {
            ["samples"] = settings.Samples.ToString(CultureInfo.InvariantCulture),
            ["sequenceLength"] = length.ToString(CultureInfo.InvariantCulture),
            ["sampling"] = settings.Sampling.ToString().ToLowerInvariant(),
        };
        if (TokenChunks.HasSections(settings.Samples, length))
        {
            // Sums over more tokens than one section has were added up without sections once.
            described.Add("sums", "by sections");
        }

        foreach ((string name, string value) in TextInputs.Of(calibration.Text))
        {
            described.Add(name, value);
        }

        if (settings.Sampling == Sampling.Random)
        {
            described.Add("seed", settings.Seed.ToString(CultureInfo.InvariantCulture));
        }

        foreach ((int index, string path) in calibration.Text.Paths.Index())
        {
            described.Add(FormattableString.Invariant($"text {index + 1}"), files.Of(path));
            if (TextFormats.Of(path) is not TextFormat.Text and var format)
            {
                described.Add(
                    FormattableString.Invariant($"format of text {index + 1}"),
                    JsonNamingPolicy.CamelCase.ConvertName(format.ToString()));
            }

            if (TextFormats.CompressionOf(path) is not TextCompression.None and var compression)
            {
                described.Add(
                    FormattableString.Invariant($"compression of text {index + 1}"),
                    JsonNamingPolicy.CamelCase.ConvertName(compression.ToString()));
            }
        }

        return described;
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(
            !Settings.TryGetValue(Bits, out string? bits)
                || (Pruning.Settings.Quantization.BitChoices.Contains(bits)
                    && Pruning.Settings.Quantization.GroupChoices.Contains(Settings.GetValueOrDefault(Group))
                    && (!Settings.TryGetValue(Embeddings, out string? embeddings)
                        || Pruning.Settings.Quantization.BitChoices.Contains(embeddings))),
            "its weights are quantised in a way that there is not");
        RecordJson.Require(
            Global is null
                || (Calibration is not null
                    && Global.GetValueOrDefault(Epochs) is { } epochs
                    && Setting.Find(Epochs)!.Parse(epochs) is not null),
            "its layers are tuned together in a way that there is not");
        RecordJson.Require(
            Calibration is not null || !Layers.Any(
                layer => layer.Patterns.Values.Any(pattern => pattern.EndsWith(Spread, StringComparison.Ordinal))),
            "a budget is spread by measurement, and nothing was looked at");
    }
}
