using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Pipeline.Digests;

/// <summary>Which files of a directory are the model: weights, configuration, tokenizer, and what else goes along with
/// a pruned copy.</summary>
internal static class ModelFiles
{
    /// <summary>Their paths relative to the directory, in ordinal order.</summary>
    /// <exception cref="DiagnosticException">The index of the checkpoint breaks its format.</exception>
    public static IReadOnlyList<string> Of(string directory) =>
        [.. CompanionFiles.Of(directory).Concat(Checkpoint.Files(directory)).Order(StringComparer.Ordinal)];

    /// <summary>The names that files of a dense model have in a pruned copy, which is safetensors whatever the dense
    /// model is, where it is stored in an encoding.</summary>
    public static IReadOnlyCollection<string> Stored(IEnumerable<string> names, CheckpointEncoding encoding)
    {
        IEnumerable<string> copied = names.Select(Checkpoint.NameInCopy);
        return encoding == CheckpointEncoding.Sparse ? [.. copied.Union([Checkpoint.EncodingFileName])] : [.. copied];
    }

    /// <summary>What they take, in bytes.</summary>
    /// <exception cref="DiagnosticException">One cannot be read.</exception>
    public static long Bytes(string directory) => Of(directory).Sum(name => Length(directory, name));

    /// <summary>What those take that hold tensors, in bytes.</summary>
    /// <exception cref="DiagnosticException">One cannot be read.</exception>
    public static long WeightBytes(string directory)
        => Of(directory).Where(Checkpoint.HoldsTensors).Sum(name => Length(directory, name));

    /// <summary>The length of one of them. In a Hugging Face cache each is a link, whose own length says
    /// nothing.</summary>
    /// <exception cref="DiagnosticException">It cannot be read.</exception>
    public static long Length(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        try
        {
            using SafeFileHandle file = RegularFile.Open(path);
            return RandomAccess.GetLength(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(path), exception.Message, exception);
        }
    }

    /// <summary>The digest of each of them.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="digest">Gives the digest of a file by its path.</param>
    /// <exception cref="DiagnosticException">One cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Digests(string directory, Func<string, string> digest) =>
        Of(directory).ToDictionary(name => name, name => digest(Path.Combine(directory, name)));

    /// <summary>One digest for all of them, names included.</summary>
    public static string Digest(IReadOnlyDictionary<string, string> digests) => KeyBuilder.Of("files", digests);
}
