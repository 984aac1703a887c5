using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Reading;

/// <summary>What an artifact, <c>defaults</c> or a combination of a matrix says; null or empty is what it does not
/// say.</summary>
internal sealed record ArtifactDraft
{
    /// <summary>The method.</summary>
    public PruningMethod? Method { get; init; }

    /// <summary>The preset.</summary>
    public PresetChoice? Preset { get; init; }

    /// <summary>How sparse.</summary>
    public SparsityPattern? Pattern { get; init; }

    /// <summary>Settings, each at most once.</summary>
    public IReadOnlyList<SettingChoice> Settings { get; init; } = [];

    /// <summary>Exceptions by tensor name.</summary>
    public IReadOnlyList<SparsityRule>? Rules { get; init; }

    /// <summary>The share of experts that is kept.</summary>
    public double? ExpertsKept { get; init; }

    /// <summary>How kept weights are quantised.</summary>
    public Quantization? Quantization { get; init; }

    /// <summary>What must hold.</summary>
    public IReadOnlyList<GateRecipe>? Gates { get; init; }

    /// <summary>How weights are stored.</summary>
    public CheckpointEncoding? Encoding { get; init; }

    /// <summary>Whether GGUF files are written.</summary>
    public bool? HasGguf { get; init; }

    /// <summary>How these store matrices.</summary>
    public ExportTypes? Types { get; init; }

    /// <summary>This draft where it speaks, the other where it is silent.</summary>
    public ArtifactDraft Over(ArtifactDraft other) => new()
    {
        Method = Method ?? other.Method,
        Preset = Preset ?? other.Preset,
        Pattern = Pattern ?? other.Pattern,
        Settings = [.. other.Settings
            .ExceptBy(Settings.Select(choice => choice.Setting), choice => choice.Setting), .. Settings],
        Rules = Rules ?? other.Rules,
        ExpertsKept = ExpertsKept ?? other.ExpertsKept,
        Quantization = Quantization ?? other.Quantization,
        Gates = Gates ?? other.Gates,
        Encoding = Encoding ?? other.Encoding,
        HasGguf = HasGguf ?? other.HasGguf,
        Types = Types ?? other.Types,
    };

    /// <summary>The type of each GGUF file; null for that of the checkpoint.</summary>
    public IReadOnlyList<GgufElementType?> ToGguf() => HasGguf != true ? [] : Types is null ? [null] : [.. Types.Types];

    /// <summary>The settings to prune with: the method's, changed by the preset, then one by one.</summary>
    public PruningSettings ToSettings()
    {
        PruningSettings settings = PruningSettings.For(
            Method ?? new PruningSettings().Method,
            Preset?.Preset) with
        { ExpertsKept = ExpertsKept ?? 1, Quantization = Quantization };
        return Setting.Apply(settings,
            Settings.Where(choice => choice.IsTakenBy(settings.Method))
            .Select(choice => choice.Value));
    }
}
