using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pruning.Patterns;

/// <summary>How sparse each linear layer of a model becomes.</summary>
/// <param name="Default">For tensors without a rule.</param>
/// <param name="Rules">Exceptions; the first match wins.</param>
public sealed record SparsityPlan(SparsityPattern Default, IReadOnlyList<SparsityRule> Rules)
{
    /// <summary>Patterns by weight name that stand for <see cref="Default"/>, where its budget is spread unequally.</summary>
    public IReadOnlyDictionary<string, SparsityPattern> Allocated { get; init; } = new Dictionary<string, SparsityPattern>();

    /// <summary>The weights that <see cref="Default"/> is for.</summary>
    public IEnumerable<LinearDefinition> WithoutRule(ModelDefinition model) =>
        model.Layers.SelectMany(layer => layer.Linears).Where(linear => !Rules.Any(rule => rule.Matches(linear.WeightName)));

    /// <summary>The pattern of a weight, or null where it stays dense.</summary>
    public SparsityPattern? PatternFor(LinearDefinition linear)
    {
        SparsityRule? rule = Rules.FirstOrDefault(rule => rule.Matches(linear.WeightName));
        SparsityPattern? pattern = rule is null ? Allocated.GetValueOrDefault(linear.WeightName, Default) : rule.Pattern;
        return pattern is null || pattern.Sparsity == 0 ? null : pattern;
    }

    /// <summary>Checks that every pattern fits the matrices it is meant for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="location">Who asks for it, for messages.</param>
    /// <exception cref="DiagnosticException">A pattern N:M for a matrix whose number of inputs M does not divide, or a sparsity that leaves nothing of one.</exception>
    public void Validate(ModelDefinition model, SourceLocation? location = null)
    {
        foreach (LinearDefinition linear in model.Layers.SelectMany(layer => layer.Linears))
        {
            switch (PatternFor(linear))
            {
                case SparsityPattern.Groups groups when linear.Inputs % groups.Size != 0:
                    throw PruningDiagnostics.PatternDoesNotFit.Error(
                        location,
                        $"the pattern {groups} does not fit '{linear.WeightName}': its {linear.Inputs} inputs are not a multiple of "
                        + $"{groups.Size}; keep the tensor dense or give it another sparsity by a rule");

                case SparsityPattern.Unstructured { Fraction: var fraction } unstructured when unstructured.Zeros(linear.Outputs, linear.Inputs) == (long)linear.Outputs * linear.Inputs:
                    throw PruningDiagnostics.NothingLeft.Error(
                        location,
                        FormattableString.Invariant($"a sparsity of {fraction:R} leaves none of the {(long)linear.Outputs * linear.Inputs} weights of '{linear.WeightName}'; ask for less"));
            }
        }
    }

    /// <summary>The rules that no linear layer of the model matches: probably a mistake in the glob.</summary>
    public IEnumerable<SparsityRule> UnusedRules(ModelDefinition model)
    {
        var names = model.Layers.SelectMany(layer => layer.Linears).Select(linear => linear.WeightName).ToList();
        return Rules.Where(rule => !names.Any(rule.Matches));
    }
}
