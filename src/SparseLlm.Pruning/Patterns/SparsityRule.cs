using System.IO.Enumeration;

namespace SparseLlm.Pruning.Patterns;

/// <summary>An exception for the tensors that a glob matches.</summary>
/// <param name="Match">A glob over full tensor names: <c>*</c> for any run of characters, <c>?</c> for one.</param>
/// <param name="Pattern">How sparse; null to keep the tensor dense.</param>
public sealed record SparsityRule(string Match, SparsityPattern? Pattern)
{
    /// <summary>Whether the rule is about this tensor.</summary>
    public bool Matches(string tensor) => FileSystemName.MatchesSimpleExpression(Match, tensor, ignoreCase: false);
}
