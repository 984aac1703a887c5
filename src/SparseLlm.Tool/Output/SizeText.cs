using System.Globalization;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Output;

/// <summary>What an artifact's weights take, in both encodings.</summary>
internal static class SizeText
{
    /// <summary>The row of a table: artifact, encoding, dense, packed, what packing saves, bits per weight of the
    /// pruned matrices where there are any, and tokens a second where they were measured; none where the sizes are not
    /// known.</summary>
    public static IEnumerable<string[]> Row(ArtifactOutcome outcome)
        => outcome.Manifest.Size is not { Packed: { } packed } size ? [] :
    [
        [
            outcome.Name, outcome.Manifest.Encoding.Name(), ByteSize.Format(size.Pruned), ByteSize.Format(packed.Bytes),
            Format($"{(double)packed.Bytes / size.Pruned - 1:+0.0 %;-0.0 %;0.0 %}"), Bits(packed),
            outcome.Manifest.Speed is { } speed ? Format($"{speed.Dense:0.0} -> {speed.Pruned:0.0}") : "",
        ],
    ];

    /// <summary>The same in a sentence, for one artifact; empty where the sizes are not known.</summary>
    public static string Sentence(ArtifactManifest manifest) => manifest.Size is not { Packed: { } packed } size ? "" :
        $"weights: {ByteSize.Format(size.Pruned)} dense, {ByteSize.Format(packed.Bytes)} "
        + $"packed{(manifest.PackedDigest is null ? " (--encoding sparse)" : "")}"
        + (packed.HasMatrices ? $", {Bits(packed)} bits a weight in the {Treatment.Of(manifest)} matrices" : "");

    private static string Bits(PackedSize packed) => packed.HasMatrices
        ? Format($"{packed.DenseBitsPerWeight:0.00} -> {packed.BitsPerWeight:0.00}")
        : "";

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
