using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>Where the artifact comes from, and how to make it again.</summary>
internal static class ProvenanceSection
{
    private const string Unknown = "not known";

    private static readonly Table Origins = new("Origin", "What", "Value");
    private static readonly Table Files = new("Files and their digests", "File", "Of", "SHA-256");
    private static readonly Table Settings = new("Settings of the method", "Setting", "Value", "Meaning~");

    /// <summary>Where it comes from.</summary>
    public static Section Of(ArtifactManifest manifest) => new("provenance", "Provenance", Html.Of($"""
        {Origins.With(Origin(manifest))}<h3>Files</h3>
        {Files.With(Digests(manifest))}<h3>Settings</h3>
        {Settings.With(manifest.Settings.Select(setting => (Html[])[setting.Key, setting.Value, Setting.Find(setting.Key)?.Description ?? ""]))}
        """));

    /// <summary>How to make it again.</summary>
    public static Section Again(ArtifactManifest manifest) => new("again", "Make it again", Html.Of($"""
        <p>With SparseLlm.Build {manifest.ToolVersion}, beside the files above and on numerics {manifest.Numerics}, this gives the same bits.</p>
        <h3>As a recipe</h3>
        {Code("Recipe", RecipeExcerpt.Of(manifest))}<h3>On the command line</h3>
        {(PruneCommandLine.Of(manifest) is { } command ? Code("Command line", command) : Html.Of($"<p>Rules for single matrices need a recipe.</p>\n"))}
        """));

    private static IEnumerable<Html[]> Origin(ArtifactManifest manifest)
    {
        yield return ["Model", $"{manifest.Model.Name} ({manifest.Model.Architecture})"];
        if (manifest.Model.Source is { } source)
        {
            yield return ["Model from", source];
        }

        yield return ["Model digest", Digest(manifest.Model.Digest)];
        yield return ["Method", MethodName.Of(manifest)];
        yield return ["Asked for", manifest.Pattern];
        if (manifest.Quantization is { } quantization)
        {
            yield return ["Quantised to", quantization.Description];
        }

        if (manifest.Calibration is { } calibration)
        {
            string seed = calibration.Sampling == PruneCommandLine.RandomSampling
                ? FormattableString.Invariant($", seed {calibration.Seed}")
                : "";
            yield return ["Calibration", Html.Of(
                $"{calibration.Samples} windows of {calibration.SequenceLength} tokens, {calibration.Sampling}{seed}")];
        }

        yield return ["Artifact key", Digest(manifest.Key)];
        yield return ["Artifact digest", Digest(manifest.Digest)];
        if (manifest.PackedDigest is { } packed)
        {
            yield return ["Packed digest", Digest(packed)];
        }

        yield return ["Tool version", manifest.ToolVersion];
        yield return ["Revision of algorithms", Html.Of($"{manifest.Inputs.Revision}")];
        yield return ["Numerics", manifest.Numerics];
        foreach (Gpu gpu in manifest.Gpus ?? [])
        {
            yield return ["GPU", $"{gpu.Name}, driver {gpu.Driver ?? Unknown}, CUDA {gpu.Cuda ?? Unknown}"];
        }
    }

    private static IEnumerable<Html[]> Digests(ArtifactManifest manifest) =>
    [
        .. manifest.Inputs.Model.Select(file => (Html[])[file.Key, "the model", Digest(file.Value)]),
        .. (manifest.Calibration?.Files ?? []).Select(
            file => (Html[])[file.Name, Of("calibration", file), Digest(file.Digest)]),
        .. manifest.Exports.SelectMany(export => export.Files
            .Select(file => (Html[])[file.Name, $"written as {export.Format}", Digest(file.Digest)])),
        .. manifest.Perplexity.SelectMany(text => text.Value.Files
            .Select(file => (Html[])[file.Name, Of($"perplexity on {text.Key}", file), Digest(file.Digest)])),
    ];

    private static string Of(string use, FileProvenance file)
        => file.Source is { } source ? $"{use}, from {source}" : use;

    private static Html Digest(string digest) => Html.Of($"<code>{digest}</code>");

    private static Html Code(string label, string code) => Html.Of($"""
        <pre class="scroll" tabindex="0" role="region" aria-label="{label}"><code>{code}</code></pre>

        """);
}
