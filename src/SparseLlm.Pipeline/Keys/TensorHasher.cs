using System.Security.Cryptography;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Keys;

/// <summary>
/// Digests of the tensors of a safetensors file, while its bytes pass by in order. A tensor's digest is over its element type, its
/// shape and its bytes, and not over its name or place.
/// </summary>
internal sealed class TensorHasher(IReadOnlyList<TensorInfo> tensors) : IDisposable
{
    private const int PieceLength = 1 << 20;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<string, string> digests = [];
    private long position;
    private int index;

    /// <summary>Digests by tensor name, of all that have passed by.</summary>
    public IReadOnlyDictionary<string, string> Digests => digests;

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
