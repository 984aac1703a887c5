using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pruning.Patterns;

/// <summary>How sparse each linear layer of a model becomes.</summary>
/// <param name="Default">For tensors without a rule.</param>
/// <param name="Rules">Exceptions; the first match wins.</param>
public sealed record SparsityPlan(SparsityPattern Default, IReadOnlyList<SparsityRule> Rules)
{
    /// <summary>Patterns by weight name that stand for <see cref="Default"/>, where its budget is spread
    /// unequally.</summary>
    public IReadOnlyDictionary<string, SparsityPattern> Allocated { get; init; }
        = new Dictionary<string, SparsityPattern>();

    /// <summary>
    /// The weights over which the budget of <see cref="Default"/> may be spread unequally: those without a rule, but
    /// for experts, of which there are too many to measure one by one.
    /// </summary>
    public IEnumerable<LinearDefinition> Spreadable(ModelDefinition model) => model.Layers
        .SelectMany(layer => layer.Blocks)
        .Where(block => block.Mixer is not ExpertsDefinition)
        .SelectMany(block => block.Mixer.Linears)
        .Where(linear => !linear.StaysDense && RuleFor(linear) is null);

    /// <summary>The pattern of a weight, or null where it stays dense.</summary>
    /// <param name="linear">The weight.</param>
    /// <param name="isQuantized">Whether weights are quantised, also those of which none is pruned; but for those that
    /// a rule keeps dense.</param>
    public SparsityPattern? PatternFor(LinearDefinition linear, bool isQuantized = false)
    {
        SparsityPattern? pattern = RuleFor(linear) is { } rule ? rule.Pattern
            : linear.StaysDense ? null
            : Allocated.GetValueOrDefault(linear.WeightName, Default);
        bool isWhole = pattern?.Sparsity == 0 && !(isQuantized && RuleFor(linear) is null);
        return isWhole ? null : pattern;
    }

    /// <summary>How many weights are kept of the matrices that are pruned or quantised, but for experts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="isQuantized">Whether weights are quantised.</param>
    public long Kept(ModelDefinition model, bool isQuantized) => model.Layers
        .SelectMany(layer => layer.Blocks)
        .Where(block => block.Mixer is not ExpertsDefinition)
        .SelectMany(block => block.Mixer.Linears)
        .Sum(linear => PatternFor(linear, isQuantized) is { } pattern
            ? (long)linear.Outputs * linear.Inputs - pattern.Zeros(linear.Outputs, linear.Inputs)
            : 0);

    /// <summary>Checks that every pattern fits the matrices it is meant for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="location">Who asks for it, for messages.</param>
    /// <exception cref="DiagnosticException">A pattern N:M for a matrix whose number of inputs M does not divide, or a
    /// sparsity that leaves nothing of one.</exception>
    public void Validate(ModelDefinition model, SourceLocation? location = null)
    {
        foreach (LinearDefinition linear in model.Layers.SelectMany(layer => layer.Linears))
        {
            switch (PatternFor(linear))
            {
                case SparsityPattern.Groups groups when linear.Inputs % groups.Size != 0:
                    throw PruningDiagnostics.PatternDoesNotFit.Error(
                        location,
                        $"the pattern {groups} does not fit '{linear.WeightName}': its {linear.Inputs} inputs are not "
                        + $"a multiple of "
                        + $"{groups.Size}; keep the tensor dense or give it another sparsity by a rule");

                case SparsityPattern.Unstructured { Fraction: var fraction } unstructured when unstructured.Zeros(
                    linear.Outputs,
                    linear.Inputs) == (long)linear.Outputs * linear.Inputs:
                    throw PruningDiagnostics.NothingLeft.Error(
                        location,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"a sparsity of {fraction:R} leaves none of the {(long)linear.Outputs * linear.Inputs} "
                            + $"weights of '{linear.WeightName}'; ask for less"));
            }
        }
    }

    /// <summary>The rules that no linear layer of the model matches: probably a mistake in the glob.</summary>
    public IEnumerable<SparsityRule> UnusedRules(ModelDefinition model)
    {
        var linears = model.Layers.SelectMany(layer => layer.Linears).ToList();
        return Rules.Where(rule => !linears.Any(linear => rule.Matches(linear.WeightName)));
    }

    private SparsityRule? RuleFor(LinearDefinition linear)
        => Rules.FirstOrDefault(rule => rule.Matches(linear.WeightName));
}
