using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Locking;

/// <summary>
/// <c>pruning.lock.json</c>, to be committed: the digests of what each artifact of a recipe was made of, of what came out, and its metrics. A locked build is
/// held against it.
/// </summary>
/// <param name="Artifacts">The artifacts by name, in ordinal order.</param>
public sealed record LockFile(IReadOnlyDictionary<string, LockedArtifact> Artifacts)
{
    private const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Version of this shape.</summary>
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>The lock file of a recipe: <c>pruning.lock.json</c> beside <c>pruning.yaml</c>.</summary>
    public static string PathOf(string recipe) => Path.ChangeExtension(Path.GetFullPath(recipe), ".lock.json");

    /// <summary>Reads a lock file; null where there is none.</summary>
    /// <exception cref="DiagnosticException">It is not one that this version understands.</exception>
    public static LockFile? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var read = JsonSerializer.Deserialize<LockFile>(File.ReadAllBytes(path), Options);
            return read?.FormatVersion == CurrentVersion
                ? read
                : throw Unreadable(path, $"its format version is {read?.FormatVersion}, and this tool reads {CurrentVersion}", null);
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

    /// <summary>Writes the file whole or not at all, and only if it would change.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="DiagnosticException">It cannot be written.</exception>
    public LockFile Write(string path)
    {
        byte[] json = [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];
        string temporary = path + ".tmp";
        try
        {
            File.Delete(temporary);
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(json))
            {
                File.WriteAllBytes(temporary, json);
                File.Move(temporary, path, overwrite: true);
            }

            return this;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(path), $"the lock file cannot be written: {exception.Message}", exception);
        }
    }

    private static DiagnosticException Unreadable(string path, string reason, Exception? inner) =>
        PipelineDiagnostics.LockUnreadable.Error(
            new SourceLocation(path), $"this is not a lock file of this version ({reason}); delete it and build once without --locked", inner);
}
