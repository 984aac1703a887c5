using System.Globalization;
using System.Text.RegularExpressions;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>The command that makes an artifact again without a recipe, quoted for a POSIX shell.</summary>
internal static partial class PruneCommandLine
{
    /// <summary>What a manifest calls random sampling.</summary>
    public static readonly string RandomSampling = nameof(Sampling.Random).ToLowerInvariant();

    /// <summary>The command, over several lines; null where there are rules, which it cannot say.</summary>
    public static string? Of(ArtifactManifest manifest)
    {
        PatternRules patterns = PatternRules.Of(manifest);
        return patterns.Rules.Count > 0 ? null : string.Join(" \\\n  ", Parts(manifest, patterns.Default));
    }

    private static IEnumerable<string> Parts(ArtifactManifest manifest, string pattern)
    {
        yield return $"dotnet sparsellm prune {Quote(manifest.Model.Source ?? manifest.Model.Name)}";
        yield return $"--method {manifest.Method} {(PatternRules.IsGroups(pattern) ? "--pattern" : "--sparsity")} "
            + $"{pattern}";
        if (manifest.Inputs.ShareOfExperts is { } share)
        {
            yield return $"--keep-experts {share}";
        }

        if (manifest.Inputs.Quantization is { } quantization)
        {
            yield return $"--bits {quantization.BitsText} --group {quantization.GroupText}"
                + (quantization.EmbeddingsText is { } embeddings ? $" --embeddings {embeddings}" : "");
        }

        foreach (KeyValuePair<string, string> change in ManifestSettings.EffectiveChanges(manifest))
        {
            yield return $"--set {change.Key}={change.Value}";
        }

        if (manifest.Calibration is { } calibration)
        {
            yield return string.Join(
                ' ',
                calibration.Files.Select(file => $"--calibration {Quote(file.Source ?? file.Name)}"));
            foreach ((string name, string value) in TextInputs.Unusual(manifest.Inputs.Calibration))
            {
                yield return $"--{name} {Quote(name == TextInputs.Join ? value[1..^1] : value)}";
            }

            string seed = calibration.Sampling == RandomSampling
                ? string.Create(CultureInfo.InvariantCulture, $" --seed {calibration.Seed}")
                : "";
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"--samples {calibration.Samples} --sequence-length {calibration.SequenceLength}{seed}");
        }

        if (manifest.Encoding != default)
        {
            yield return $"--encoding {manifest.Encoding.Name()}";
        }

        yield return $"--output {Quote(manifest.Artifact ?? "pruned")}";
    }

    private static string Quote(string argument)
        => Plain().IsMatch(argument) ? argument : $"'{argument.Replace("'", "'\\''")}'";

    [GeneratedRegex("^[A-Za-z0-9_./:=@%+,][A-Za-z0-9_./:=@%+,-]*$")]
    private static partial Regex Plain();
}
