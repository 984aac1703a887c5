using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>A pruned model as an engine has written it, and the digests of its files.</summary>
internal sealed class WrittenModel
{
    private readonly FileDigests digests;
    private readonly Dictionary<string, FileDigestMemo> files;

    /// <summary>Digests the files of a model.</summary>
    /// <param name="directory">Where they are.</param>
    /// <param name="digests">Digests them.</param>
    /// <exception cref="Diagnostics.DiagnosticException">One cannot be read.</exception>
    public WrittenModel(string directory, FileDigests digests)
    {
        Directory = directory;
        this.digests = digests;
        files = ModelFiles.Of(directory)
            .ToDictionary(name => name, name => digests.Find(Path.Combine(directory, name)));
        Digest = ModelFiles.Digest(files.ToDictionary(file => file.Key, file => file.Value.Digest));
    }

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    /// <summary>The names of its files.</summary>
    public IReadOnlyCollection<string> Files => files.Keys;

    /// <summary>One digest for all of them.</summary>
    public string Digest { get; }

    /// <summary>The digests of the tensors in one of its files, by name.</summary>
    public IReadOnlyDictionary<string, string> TensorsIn(string file)
        => files[file].Tensors ?? digests.Tensors(Path.Combine(Directory, file));
}
