using System.Collections.Concurrent;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Digests;

/// <summary>
/// The files that a build reads, each as it was when it was digested first: that is what keys stand for. Whatever is
/// read later has to be the same, so who has read files makes sure of it by their <see cref="Stamps"/> before anything
/// is stored or comes into its place.
/// </summary>
/// <param name="digests">Digests them.</param>
internal sealed class InputFiles(FileDigests digests)
{
    private readonly ConcurrentDictionary<string, FileDigestMemo> files = [];

    /// <summary>The digest of a file's bytes.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public string Of(string path) => Find(path).Digest;

    /// <summary>The digests of the tensors in a file of a checkpoint, by name.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read, or is none.</exception>
    public IReadOnlyDictionary<string, string> Tensors(string path) => Find(path).Tensors ?? digests.Tensors(path);

    /// <summary>What tells whether files are still as they were when they were digested.</summary>
    /// <exception cref="DiagnosticException">One that was not digested before cannot be read.</exception>
    public InputStamps Stamps(IEnumerable<string> paths)
        => new([.. paths.Select(Find).Select(file => new InputStamp(file.Path, file.Stamp))]);

    private FileDigestMemo Find(string path) => files.GetOrAdd(Path.GetFullPath(path), digests.Find);
}
