namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Where a text comes from. Several files are read in the order given and joined without a separator.
/// </summary>
/// <param name="Paths">Absolute paths: <c>.txt</c> (UTF-8), <c>.jsonl</c>, or token ids as <c>.npy</c>.</param>
/// <param name="Field">The field of a <c>.jsonl</c> record that holds its text.</param>
public sealed record TextSource(IReadOnlyList<string> Paths, string Field = "text");
