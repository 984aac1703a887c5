using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>A recipe that makes an artifact again, beside the model and the texts that it names.</summary>
internal sealed class RecipeExcerpt
{
    private static readonly JsonSerializerOptions Quoting = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    private readonly StringBuilder recipe = new();

    private RecipeExcerpt(ArtifactManifest manifest)
    {
        Line($"version: 1");
        Line($"requires: \"[{manifest.ToolVersion}]\"");
        Line($"model: {Quote(manifest.Model.Source ?? manifest.Model.Name)}");
        AddCalibration(manifest);
        AddPerplexities(manifest);
        AddArtifact(manifest);
    }

    /// <summary>The recipe.</summary>
    public static string Of(ArtifactManifest manifest) => new RecipeExcerpt(manifest).recipe.ToString();

    private void AddCalibration(ArtifactManifest manifest)
    {
        if (manifest.Calibration is not { } calibration)
        {
            return;
        }

        Line($"calibration:");
        Line($"  text: {Names(calibration.Files)}");
        foreach ((string name, string value) in TextInputs.Unusual(manifest.Inputs.Calibration))
        {
            Line($"  {name}: {(name is TextInputs.Chat or TextInputs.Field ? Quote(value) : value)}");
        }

        Line($"  samples: {calibration.Samples}");
        Line($"  sequenceLength: {calibration.SequenceLength}");
        Line($"  sampling: {calibration.Sampling}");
        Line($"  seed: {calibration.Seed}");
    }

    private void AddPerplexities(ArtifactManifest manifest)
    {
        KeyValuePair<string, PerplexityReport>[] texts = [.. manifest.Perplexity
            .Where(text => text.Value is { Files.Count: > 0, Windows: > 0 })];
        if (texts.Length == 0)
        {
            return;
        }

        Line($"evaluation:");
        Line($"  perplexity:");
        foreach ((string name, PerplexityReport report) in texts)
        {
            long length = report.Tokens / report.Windows;
            Line($"    {Quote(name)}: {{ text: {Names(report.Files)}, sequenceLength: {length} }}");
        }
    }

    private void AddArtifact(ArtifactManifest manifest)
    {
        PatternRules patterns = PatternRules.Of(manifest);
        Line($"artifacts:");
        Line($"  {manifest.Artifact ?? "pruned"}:");
        Line($"    method: {manifest.Method}");
        Line($"    {PatternRules.Keys(patterns.Default)}");
        if (manifest.Inputs.ShareOfExperts is { } share)
        {
            Line($"    experts: {{ keep: {share} }}");
        }

        if (manifest.Inputs.Quantization is { } quantization)
        {
            string tables = quantization.EmbeddingsText is { } bits ? $", embeddings: {bits}" : "";
            Line($"    quantization: {{ bits: {quantization.BitsText}, group: {quantization.GroupText}{tables} }}");
        }

        if (manifest.Encoding != default)
        {
            Line($"    encoding: {manifest.Encoding.Name()}");
        }

        if (manifest.Exports.Count > 0)
        {
            Line($"    format: gguf");
            Line($"    type: [{string.Join(", ", manifest.Exports.Select(export => export.Type))}]");
        }

        AddList("settings", ManifestSettings.Changes(manifest).Select(change => $"{change.Key}: {change.Value}"));
        AddList(
            "rules",
            patterns.Rules.Select(rule => $"- {{ match: {Quote(rule.Key)}, {PatternRules.Keys(rule.Value)} }}"));
    }

    private void AddList(string key, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length > 0)
        {
            Line($"    {key}:");
        }

        foreach (string line in all)
        {
            Line($"      {line}");
        }
    }

    private void Line(FormattableString text)
        => recipe.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Names(IReadOnlyList<FileProvenance> files) =>
        files.Count == 1 ? Name(files[0]) : $"[{string.Join(", ", files.Select(Name))}]";

    private static string Name(FileProvenance file) => Quote(file.Source ?? file.Name);

    /// <summary>A string of JSON is one of YAML's too.</summary>
    private static string Quote(string text) => JsonSerializer.Serialize(text, Quoting);
}
