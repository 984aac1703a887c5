using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Recipes;

/// <summary>An exception for the tensors that a glob matches.</summary>
/// <param name="Match">A glob over tensor names: <c>*</c> for any run of characters, <c>?</c> for one.</param>
/// <param name="Pattern">How sparse; null to keep the tensor dense.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record RuleRecipe(string Match, SparsityPattern? Pattern, SourceLocation Location);
