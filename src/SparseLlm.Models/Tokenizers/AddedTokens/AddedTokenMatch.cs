namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>A part of a text: an added token, or what lies between two of them.</summary>
/// <param name="Start">The first character.</param>
/// <param name="Length">How many characters, white space taken by the token included.</param>
/// <param name="Token">The token, or null.</param>
internal readonly record struct AddedTokenMatch(int Start, int Length, AddedToken? Token);
