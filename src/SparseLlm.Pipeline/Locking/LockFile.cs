using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Locking;

/// <summary>
/// <c>pruning.lock.json</c>, to be committed: the digests of what each artifact of a recipe was made of, of what came
/// out, and its metrics. A locked build is held against it.
/// </summary>
/// <param name="Artifacts">The artifacts by name, in ordinal order.</param>
internal sealed record LockFile(IReadOnlyDictionary<string, LockedArtifact> Artifacts) : IJsonOnDeserialized
{
    private const int CurrentVersion = 1;

    // A digest for each layer and file, and a pattern for each matrix.
    internal const int MaximumLength = 1 << 28;

    /// <summary>Version of this shape.</summary>
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>What the recipe names of the hub, by address, in ordinal order; null where that is nothing.</summary>
    public IReadOnlyDictionary<string, LockedSource>? Sources { get; init; }

    /// <summary>The lock file of a recipe: <c>pruning.lock.json</c> beside <c>pruning.yaml</c>.</summary>
    public static string PathOf(string recipe) => Path.ChangeExtension(Path.GetFullPath(recipe), ".lock.json");

    /// <summary>Reads a lock file; null where there is none.</summary>
    /// <exception cref="DiagnosticException">It is not one that this version understands.</exception>
    public static LockFile? Read(string path)
    {
        try
        {
            return RecordJson.Read<LockFile>(RegularFile.ReadAllBytes(path, MaximumLength));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            throw Unreadable(path, exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(path), exception.Message, exception);
        }
    }

    /// <summary>The lock file in these bytes; null where they are none that this version understands.</summary>
    /// <param name="utf8">The bytes; they may be changed in place.</param>
    internal static LockFile? TryParse(byte[] utf8)
    {
        try
        {
            return RecordJson.Read<LockFile>(utf8);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the file whole or not at all, and only if it would change. A link stays one.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="DiagnosticException">It cannot be written.</exception>
    public LockFile Write(string path)
    {
        byte[] json = RecordJson.WriteIndented(this);
        try
        {
            string place = ResolvedPath.Of(path);
            if (!File.Exists(place) || !RegularFile.ReadAllBytes(place, MaximumLength).AsSpan().SequenceEqual(json))
            {
                WholeFile.Write(place, json);
            }

            return this;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(path), $"the lock file cannot be written: {exception.Message}", exception);
        }
    }

    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            FormatVersion == CurrentVersion,
            $"its format version is {FormatVersion}, and this tool reads {CurrentVersion}");

    private static DiagnosticException Unreadable(string path, string reason, Exception? inner) =>
        PipelineDiagnostics.LockUnreadable.Error(
            new SourceLocation(path),
            $"this is not a lock file of this version ({reason}); resolve the merge, or delete it and build "
                    + $"once without --locked", inner);
}
