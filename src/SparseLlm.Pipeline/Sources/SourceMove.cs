using SparseLlm.Hub;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Sources;

/// <summary>What a branch or tag of the hub stands for now, beside what the lock file says.</summary>
/// <param name="Address">The address.</param>
/// <param name="Before">The commit that is locked; null where none is.</param>
/// <param name="After">The commit that the hub has.</param>
internal sealed record SourceMove(HubAddress Address, string? Before, string After)
{
    /// <summary>Whether the hub has gone on.</summary>
    public bool HasMoved => Before != After;

    /// <summary>Asks the hub for each address of a recipe that can move: one that names a commit cannot.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The hub cannot be asked, or the lock file cannot be
    /// read.</exception>
    public static IReadOnlyList<SourceMove> Find(Recipe recipe, SourceFetcher hub, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, LockedSource>? locked = LockFile.Read(LockFile.PathOf(recipe.Path))?.Sources;
        return
        [
            .. RecipeSources.In(recipe)
                .Where(named => !named.Address.IsPinned)
                .Select(named => new SourceMove(
                    named.Address,
                    locked?.GetValueOrDefault(named.Address.ToString())?.Commit,
                    RecipeSources.At(named.Location, () => hub.Latest(named.Address, cancellation)))),
        ];
    }

    /// <summary>Asks the hub for each source that can move.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The hub cannot be asked.</exception>
    public static IReadOnlyList<SourceMove> Find(
        IEnumerable<HubSource> sources,
        SourceFetcher hub,
        CancellationToken cancellation) =>
        [.. sources.Where(source => !source.Address.IsPinned)
            .Select(source => new SourceMove(source.Address, source.Commit, hub.Latest(source.Address, cancellation)))];

    /// <summary>Lets the lock file of a recipe name other commits. The artifacts in it stay: they are what was made,
    /// until the next build.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be read or written.</exception>
    public static void Lock(Recipe recipe, IEnumerable<SourceMove> moves)
    {
        string path = LockFile.PathOf(recipe.Path);
        LockFile file = LockFile.Read(path) ?? new LockFile(new SortedDictionary<string, LockedArtifact>());
        var sources = new SortedDictionary<string, LockedSource>(
            file.Sources?.ToDictionary() ?? [],
            StringComparer.Ordinal);
        foreach (SourceMove move in moves)
        {
            sources[move.Address.ToString()] = new LockedSource(move.After, new Dictionary<string, string>());
        }

        (file with { Sources = sources }).Write(path);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Before is null ? $"{Address}: at {HubAddress.Short(After)}"
        : HasMoved ? $"{Address}: the hub's {Address.Revision} moved from {HubAddress.Short(Before)} to "
            + $"{HubAddress.Short(After)}"
        : $"{Address}: still at {HubAddress.Short(After)}";
}
