namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Where a text comes from. Several files are read in the order given and joined without a separator.
/// </summary>
/// <param name="Paths">Absolute paths of files, each read in the <see cref="TextFormat"/> that its name says.</param>
/// <param name="Field">The field of a JSON record that holds its text.</param>
public sealed record TextSource(IReadOnlyList<string> Paths, string Field = "text");
