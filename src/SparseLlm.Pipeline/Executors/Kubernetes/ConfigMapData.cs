using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>The files that workers get: the recipe, and the commits that its lock file has for what it names of the
/// hub. What else is in a lock file, workers do not read, and it can be too much for a ConfigMap.</summary>
/// <param name="Recipe">The text of the recipe.</param>
/// <param name="Lock">The text of the lock file; null where workers need none.</param>
internal sealed record ConfigMapData(string Recipe, string? Lock)
{
    private const int MaximumLength = 1 << 20;
    private const int NameLength = 8;

    /// <summary>Reads the files of a recipe.</summary>
    /// <exception cref="DiagnosticException">They cannot be read, or are too long.</exception>
    public static ConfigMapData Read(Recipe recipe)
    {
        var data = new ConfigMapData(Text(recipe.Path), Commits(LockFile.PathOf(recipe.Path)));
        int length = Encoding.UTF8.GetByteCount(data.Recipe) + Encoding.UTF8.GetByteCount(data.Lock ?? "");
        return length <= MaximumLength
            ? data
            : throw PipelineDiagnostics.RecipeTooLong.Error(
                new SourceLocation(recipe.Path),
                FormattableString.Invariant(
                    $"the recipe and the commits of its lock file have {length} bytes, and a ConfigMap of Kubernetes ")
                + FormattableString.Invariant($"holds {MaximumLength}; divide the recipe, or shorten its comments"));
    }

    /// <summary>A name that changes with the files.</summary>
    public string Digest => KeyBuilder.Of("configmap", [new("recipe", Recipe), new("lock", Lock ?? "")])[..NameLength];

    private static string Text(string path)
    {
        using var reader = new StreamReader(
            new MemoryStream(RegularFile.ReadAllBytes(path, MaximumLength)),
            detectEncodingFromByteOrderMarks: true);

        // So it is a block in YAML, whose line breaks are these.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string? Commits(string path) => LockFile.Read(path) is { Sources: { Count: > 0 } sources }
        ? Encoding.UTF8.GetString(RecordJson.WriteIndented(
            new LockFile(new SortedDictionary<string, LockedArtifact>()) { Sources = sources }))
        : null;
}
