namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>Two neighbouring tokens may become one.</summary>
/// <param name="Rank">Its place in the list of merges; lower goes first.</param>
/// <param name="Id">The token that results.</param>
internal readonly record struct Merge(int Rank, int Id);
