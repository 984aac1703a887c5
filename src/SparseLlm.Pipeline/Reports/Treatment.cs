using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Reports;

/// <summary>What was done to a model, in words.</summary>
internal static class Treatment
{
    /// <summary>Such as <c>pruned</c>.</summary>
    public static string Of(ArtifactManifest manifest) => Of(manifest.Inputs);

    /// <summary>The same of what is to be done.</summary>
    public static string Of(ArtifactInputs inputs) => inputs switch
    {
        { IsOnlyQuantized: true } => "quantised",
        { Quantization: not null } => "pruned and quantised",
        _ => "pruned",
    };

    /// <summary>The same at the beginning of a line.</summary>
    public static string Title(ArtifactManifest manifest)
    {
        string done = Of(manifest);
        return char.ToUpperInvariant(done[0]) + done[1..];
    }

    /// <summary>How sparse and in how many bits it was to become.</summary>
    public static string AskedFor(ArtifactManifest manifest) => manifest switch
    {
        { IsOnlyQuantized: true, Quantization: { } codes } => codes.Description,
        { Quantization: { } codes } => $"{manifest.Pattern}, {codes.Description}",
        _ => manifest.Pattern,
    };

    /// <summary>The same of one of its matrices.</summary>
    public static string AskedFor(ArtifactManifest manifest, TensorReport matrix) => manifest.Quantization switch
    {
        null => matrix.Pattern,
        { BitsText: var bits } when matrix.Pattern == ArtifactInputs.Dense => $"{bits} bits",
        { BitsText: var bits } => $"{matrix.Pattern}, {bits} bits",
    };

    /// <summary>The same with what did it, how sparse and in how many bits.</summary>
    /// <param name="manifest">The model's.</param>
    /// <param name="method">What a reader calls its method.</param>
    public static string Of(ArtifactManifest manifest, string method) => manifest switch
    {
        { IsOnlyQuantized: true, Quantization: { } codes } => $"quantised by {method} to {codes.Description}",
        { Quantization: { } codes }
            => $"pruned by {method} to {manifest.Pattern} and quantised to {codes.Description}",
        _ => $"pruned by {method} to {manifest.Pattern}",
    };
}
