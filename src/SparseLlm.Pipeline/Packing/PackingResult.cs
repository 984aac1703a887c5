using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Pipeline.Packing;

/// <summary>What has become of a model that was packed or unpacked.</summary>
/// <param name="BytesBefore">Bytes of the files with its weights, before.</param>
/// <param name="BytesAfter">Bytes of the files with its weights, after.</param>
/// <param name="Layouts">What its tensors take where it is packed, by layout.</param>
internal sealed record PackingResult(long BytesBefore, long BytesAfter, IReadOnlyList<LayoutSize> Layouts);
