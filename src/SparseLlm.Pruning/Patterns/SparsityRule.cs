using System.IO.Enumeration;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pruning.Patterns;

/// <summary>An exception for the tensors that a glob matches.</summary>
/// <param name="Match">A glob over full tensor names: <c>*</c> for any run of characters, <c>?</c> for one.</param>
/// <param name="Pattern">How sparse; null to keep the tensor dense.</param>
/// <param name="Location">Who named it, for messages.</param>
public sealed record SparsityRule(string Match, SparsityPattern? Pattern, SourceLocation? Location = null)
{
    /// <summary>Whether the rule is about a matrix: about the tensor that holds it, or about this part of it.</summary>
    /// <param name="weight">The matrix, as <see cref="TensorSlice.Label"/> calls it.</param>
    public bool Matches(string weight) => IsMatch(weight) || IsMatch(TensorSlice.TensorOf(weight));

    private bool IsMatch(string name) => FileSystemName.MatchesSimpleExpression(Match, name, ignoreCase: false);
}
