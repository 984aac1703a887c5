using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Running;

/// <summary>Makes the artifacts of a recipe and holds them against their gates.</summary>
public sealed class RecipeBuild(Recipe recipe, string output, IBackend backend, IProgress<BuildProgress>? progress = null)
{
    /// <summary>Every file that decides what is made: recipe, model, texts. Absolute paths, and the globs that texts were found by.</summary>
    public IReadOnlyList<string> Inputs =>
    [
        Path.GetFullPath(recipe.Path),
        .. ModelFiles.Of(recipe.Model).Select(file => Path.Combine(recipe.Model, file)),
        .. recipe.Calibration?.Text.Paths ?? [],
        .. recipe.Perplexities.SelectMany(perplexity => perplexity.Text.Paths),
        .. recipe.Globs,
    ];

    /// <summary>Makes artifacts.</summary>
    /// <param name="names">Which; empty for all.</param>
    /// <param name="cancellation">Stops; what is finished stays.</param>
    /// <exception cref="DiagnosticException">One cannot be made, or gates were missed; artifacts that miss a gate are written all the same.</exception>
    public IReadOnlyList<ArtifactOutcome> Run(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        IReadOnlyList<ArtifactRecipe> artifacts = Choose(names);
        using var session = new ModelSession(recipe.Model, backend, progress);
        PruneRequest[] requests = [.. artifacts.Select(Request)];
        Check(artifacts, requests, session);

        var builder = new ArtifactBuilder(session, progress);
        var outcomes = new List<ArtifactOutcome>();
        var missed = new List<Diagnostic>();
        foreach ((ArtifactRecipe artifact, PruneRequest request) in artifacts.Zip(requests))
        {
            ArtifactOutcome outcome = builder.Build(request, cancellation);
            outcomes.Add(outcome);
            missed.AddRange(artifact.Gates.Select(gate => Missed(artifact, gate, outcome.Manifest)).OfType<Diagnostic>());
        }

        return missed.Count == 0 ? outcomes : throw new DiagnosticException(missed);
    }

    private IReadOnlyList<ArtifactRecipe> Choose(IReadOnlyCollection<string> names)
    {
        string? unknown = names.FirstOrDefault(name => recipe.Artifacts.All(artifact => artifact.Name != name));
        if (unknown is not null)
        {
            throw PipelineDiagnostics.UnknownArtifact.Error(
                new SourceLocation(recipe.Path),
                $"there is no artifact '{unknown}'; the recipe has {string.Join(", ", recipe.Artifacts.Select(artifact => artifact.Name))}");
        }

        return names.Count == 0 ? recipe.Artifacts : [.. recipe.Artifacts.Where(artifact => names.Contains(artifact.Name))];
    }

    private PruneRequest Request(ArtifactRecipe artifact) =>
        new(
            artifact.Name,
            artifact.Settings,
            new SparsityPlan(artifact.Pattern, [.. artifact.Rules.Select(rule => new SparsityRule(rule.Match, rule.Pattern))]),
            recipe.Calibration is { } calibration
                ? new CalibrationSource(calibration.Text, calibration.Settings, calibration.Location)
                : null,
            [.. recipe.Perplexities.Select(text => new PerplexityText(text.Name, text.Text, text.SequenceLength, text.Location))],
            Path.Combine(output, artifact.Name));

    /// <summary>Finds what is wrong with any artifact before time is spent on the first.</summary>
    private void Check(IReadOnlyList<ArtifactRecipe> artifacts, PruneRequest[] requests, ModelSession session)
    {
        var errors = new List<Diagnostic>();
        foreach ((ArtifactRecipe artifact, PruneRequest request) in artifacts.Zip(requests))
        {
            try
            {
                request.Plan.Validate(session.Model.Definition);
            }
            catch (DiagnosticException exception)
            {
                errors.AddRange(exception.Diagnostics.Select(diagnostic => diagnostic with { Location = diagnostic.Location ?? artifact.Location }));
            }

            foreach (SparsityRule unused in request.Plan.UnusedRules(session.Model.Definition))
            {
                RuleRecipe rule = artifact.Rules.First(rule => rule.Match == unused.Match);
                progress?.Report(new Notice(Pruning.PruningDiagnostics.RuleMatchesNothing.At(
                    rule.Location, $"the rule '{rule.Match}' of '{artifact.Name}' matches no weight that can be pruned; 'sparsellm inspect' lists their names")));
            }
        }

        if (errors.Count > 0)
        {
            throw new DiagnosticException(errors);
        }
    }

    private static Diagnostic? Missed(ArtifactRecipe artifact, GateRecipe gate, ArtifactManifest manifest)
    {
        PerplexityReport report = manifest.Perplexity[gate.Perplexity];
        string? reason = null;
        if (gate.MaxIncrease is { } increase && report.Increase > increase)
        {
            reason = FormattableString.Invariant($"is {report.Increase:P1} above the dense model's {report.Dense:0.000}; at most {increase:P1} is allowed");
        }
        else if (gate.Max is { } max && report.Pruned > max)
        {
            reason = FormattableString.Invariant($"is above {max:0.000}");
        }

        return reason is null
            ? null
            : PipelineDiagnostics.GateMissed.At(
                gate.Location,
                FormattableString.Invariant($"'{artifact.Name}' misses a gate: its perplexity on '{gate.Perplexity}', {report.Pruned:0.000}, {reason}"));
    }
}
