using System.Reflection;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Keys;

/// <summary>The key of a pruned model: everything that can change a bit of it, and nothing else.</summary>
public static class ArtifactKey
{
    /// <summary>Raised whenever a change of the engine changes results.</summary>
    private const int AlgorithmRevision = 1;

    /// <summary>The key of a prune.</summary>
    /// <param name="modelDigest">Digest of the model's files.</param>
    /// <param name="definition">The model.</param>
    /// <param name="settings">The method.</param>
    /// <param name="plan">How sparse each matrix becomes.</param>
    /// <param name="calibration">The calibration data, if the method looks at any.</param>
    /// <param name="numericsClass">The backend's.</param>
    public static string Of(
        string modelDigest,
        ModelDefinition definition,
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationSource? calibration,
        string numericsClass)
    {
        using var key = new KeyBuilder("artifact", AlgorithmRevision);
        key.Add("model", modelDigest).Add("numerics", numericsClass);
        AddSettings(key, settings);
        foreach (LinearDefinition linear in definition.Layers.SelectMany(layer => layer.Linears))
        {
            key.Add(linear.WeightName, plan.PatternFor(linear)?.ToString());
        }

        if (calibration is not null && settings.NeedsCalibration())
        {
            AddCalibration(key, calibration, definition.MaximumLength);
        }

        return key.Build();
    }

    /// <summary>Every property takes part, so that a new setting cannot be forgotten.</summary>
    private static void AddSettings(KeyBuilder key, PruningSettings settings)
    {
        foreach (PropertyInfo property in typeof(PruningSettings)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            key.Add(property.Name, FormattableString.Invariant($"{property.GetValue(settings)}"));
        }
    }

    private static void AddCalibration(KeyBuilder key, CalibrationSource calibration, int modelMaximum)
    {
        CalibrationSettings settings = calibration.Settings;
        key.Add("samples", settings.Samples)
            .Add("sequenceLength", settings.SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum))
            .Add("sampling", settings.Sampling.ToString());
        if (settings.Sampling == Sampling.Random)
        {
            key.Add("seed", settings.Seed);
        }

        key.Add("field", calibration.Text.Field);
        foreach (string path in calibration.Text.Paths)
        {
            key.Add("text", FileDigest.Of(path));
        }
    }
}
