using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Sources;

/// <summary>What a recipe names of the hub. Once it is fetched, the recipe is one like any other: it names directories
/// and files.</summary>
internal static class RecipeSources
{
    /// <summary>Each address in a recipe, as it is written there, and where it stands.</summary>
    public static IReadOnlyList<(string Text, HubAddress Address, SourceLocation Location)> In(Recipe recipe) =>
    [
        .. new[] { (Text: recipe.Model, Location: recipe.ModelLocation) }
            .Concat(Texts(recipe).SelectMany(text => text.Source.Paths.Select(path => (Text: path, text.Location))))
            .DistinctBy(named => named.Text)
            .Select(named => (named.Text, Address: HubAddress.TryParse(named.Text, out _), named.Location))
            .Where(named => named.Address is not null)
            .Select(named => (named.Text, named.Address!, named.Location)),
    ];

    /// <summary>Fetches what a recipe names.</summary>
    /// <param name="recipe">The recipe, as it was read.</param>
    /// <param name="locked">Its lock file: what that says of an address holds until <c>update</c> moves it. Null where
    /// there is none.</param>
    /// <param name="fetcher">Fetches.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The recipe with the places of what was fetched.</returns>
    /// <exception cref="DiagnosticException">Something cannot be had; located in the recipe.</exception>
    public static Recipe Fetch(
        this Recipe recipe,
        LockFile? locked,
        SourceFetcher fetcher,
        CancellationToken cancellation)
    {
        Dictionary<string, HubSource> sources = [];
        foreach ((string named, HubAddress address, SourceLocation location) in In(recipe))
        {
            sources.Add(named, At(
                location,
                () => fetcher.Fetch(address, locked?.Sources?.GetValueOrDefault(address.ToString()), cancellation)));
        }

        Recipe fetched = recipe with
        {
            Model = sources.GetValueOrDefault(recipe.Model)?.Directory ?? recipe.Model,
            Calibration = recipe.Calibration is { } calibration
                ? calibration with { Text = calibration.Text.With(sources) }
                : null,
            Perplexities = [.. recipe.Perplexities
                .Select(perplexity => perplexity with { Text = perplexity.Text.With(sources) })],
            Sources = [.. sources.Values.DistinctBy(source => source.Address)],
        };
        foreach ((TextSource text, SourceLocation location) in Texts(fetched))
        {
            At(location, () =>
            {
                TextCheck.Require(text);
                return text;
            });
        }

        return fetched;
    }

    private static IEnumerable<(TextSource Source, SourceLocation Location)> Texts(Recipe recipe) =>
    [
        .. recipe.Calibration is { } calibration
            ? [(calibration.Text, calibration.Location)]
            : Array.Empty<(TextSource, SourceLocation)>(),
        .. recipe.Perplexities.Select(perplexity => (perplexity.Text, perplexity.Location)),
    ];

    private static TextSource With(this TextSource text, IReadOnlyDictionary<string, HubSource> sources) =>
        text with
        {
            Paths = [.. text.Paths
            .SelectMany(path => sources.TryGetValue(path, out HubSource? source) ? source.Paths : [path])]
        };

    /// <summary>What is wrong with something that a recipe names is said in the place where it names it.</summary>
    internal static T At<T>(SourceLocation location, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DiagnosticException exception)
        {
            throw new DiagnosticException([.. exception.Diagnostics.Select(
                diagnostic => diagnostic.Location is null ? diagnostic with { Location = location } : diagnostic)]);
        }
    }
}
