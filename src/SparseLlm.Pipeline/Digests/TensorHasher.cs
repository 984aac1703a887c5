using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Digests;

/// <summary>
/// Digests of the tensors of a file, while its bytes pass by in order. A tensor's digest is over its element type, its
/// shape and its bytes, and not over its name or place.
/// </summary>
/// <param name="all">The tensors in the order of their data. Those that begin inside another one or are not stored in
/// their own order do not pass by; <see cref="Complete"/> reads them.</param>
internal sealed class TensorHasher(IReadOnlyList<TensorInfo> all) : IDisposable
{
    private const int PieceLength = 1 << 20;

    private readonly IReadOnlyList<TensorInfo> tensors = Passing(all);
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<string, string> digests = [];
    private long position;
    private int index;

    /// <summary>Digests by tensor name, once the whole file has passed by.</summary>
    /// <param name="file">The file, for tensors that did not pass by.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The file cannot be read.</exception>
    public IReadOnlyDictionary<string, string> Complete(SafeFileHandle file, string path)
    {
        // One and the same under another name, a tied head say, is not read again.
        Dictionary<(long Offset, ElementType Type, string Shape), string> known = [];
        foreach (TensorInfo tensor in tensors.Where(tensor => digests.ContainsKey(tensor.Name)))
        {
            known.TryAdd(Place(tensor), digests[tensor.Name]);
        }

        foreach (TensorInfo tensor in all.Where(tensor => !digests.ContainsKey(tensor.Name)))
        {
            digests.Add(tensor.Name, tensor.View is null && known.TryGetValue(Place(tensor), out string? digest)
                ? digest
                : Of(tensor, file, path));
        }

        return digests;

        static (long, ElementType, string) Place(TensorInfo tensor)
            => (tensor.Offset, tensor.ElementType, string.Join('x', tensor.Shape));
    }

    /// <summary>Takes the next bytes of the file.</summary>
    public void Append(ReadOnlyMemory<byte> chunk)
    {
        long end = position + chunk.Length;
        for (; index < tensors.Count; index++)
        {
            TensorInfo tensor = tensors[index];
            long first = Math.Max(position, tensor.Offset);
            long last = Math.Min(end, tensor.Offset + tensor.ByteLength);
            if (first < last)
            {
                hash.AppendData(chunk.Span[(int)(first - position)..(int)(last - position)]);
            }

            if (tensor.Offset + tensor.ByteLength > end)
            {
                break;
            }

            digests.Add(tensor.Name, Describe(tensor));
        }

        position = end;
    }

    /// <summary>The digest of one tensor as a checkpoint shows it: of a packed one, that of what was packed.</summary>
    public static string Of(Checkpoint checkpoint, TensorInfo tensor)
    {
        using var hasher = new TensorHasher([]);
        byte[] buffer = new byte[(int)Math.Min(PieceLength, tensor.ByteLength)];
        for (long done = 0; done < tensor.ByteLength; done += buffer.Length)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.ByteLength - done));
            checkpoint.ReadBytes(tensor, done, piece);
            hasher.hash.AppendData(piece);
        }

        return hasher.Describe(tensor);
    }

    private string Of(TensorInfo tensor, SafeFileHandle file, string path)
    {
        Checkpoint.ReadStored(file, path, tensor, piece => hash.AppendData(piece.Span));
        return Describe(tensor);
    }

    /// <summary>Tensors whose bytes pass by, none of them before the one before it is through.</summary>
    private static TensorInfo[] Passing(IReadOnlyList<TensorInfo> all)
    {
        var passing = new List<TensorInfo>();
        long end = 0;
        foreach (TensorInfo tensor in all)
        {
            if (tensor.View is null && tensor.Offset >= end)
            {
                passing.Add(tensor);
                end = tensor.Offset + tensor.ByteLength;
            }
        }

        return [.. passing];
    }

    private string Describe(TensorInfo tensor)
    {
        using var key = new KeyBuilder("tensor", 1);
        return key.Add("dtype", tensor.ElementType.ToString())
            .Add("shape", string.Join('x', tensor.Shape))
            .Add("bytes", Convert.ToHexStringLower(hash.GetHashAndReset()))
            .Build();
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
