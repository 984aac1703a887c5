namespace SparseLlm.Pruning.Results;

/// <summary>Some rows of a table of tokens that was quantised.</summary>
/// <param name="Tensor">Its name in the checkpoint.</param>
/// <param name="FirstByte">Where they begin in the tensor, in bytes.</param>
/// <param name="Bytes">The new values in the checkpoint's element type, row-major.</param>
public sealed record TableRows(string Tensor, long FirstByte, ReadOnlyMemory<byte> Bytes);
