using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Writes a safetensors file from parts of another checkpoint.</summary>
internal static class ComposedShard
{
    // As the reference implementation has it.
    private const int Alignment = 8;
    private const int PieceLength = 1 << 20;

    /// <summary>Writes the tensors in their order.</summary>
    /// <param name="source">The checkpoint that they are made of.</param>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What to write.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The source cannot be read, or the file cannot be
    /// written.</exception>
    public static void Write(Checkpoint source, string path, IReadOnlyList<ComposedTensor> tensors)
    {
        using Stream file = new(path);
        file.Write(SafetensorsHeaderWriter.Write(
            tensors.Select(tensor => (tensor.Name, tensor.ElementType, tensor.Shape)),
            Alignment));
        byte[] buffer = new byte[PieceLength];
        foreach (BytePart part in tensors.SelectMany(tensor => tensor.Parts))
        {
            for (long done = 0; done < part.Length; done += PieceLength)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, part.Length - done));
                source.ReadBytes(part.Tensor, part.First + done, piece.Span);
                file.Write(piece);
            }
        }

        file.Flush();
    }

    /// <summary>A file that is written from its beginning to its end.</summary>
    private sealed class Stream(string path) : IDisposable
    {
        private readonly SafeFileHandle file = FileBytes.Create(path);
        private long length;

        public void Write(ReadOnlyMemory<byte> bytes)
        {
            FileBytes.Write(file, length, bytes, path);
            length += bytes.Length;
        }

        public void Flush() => FileBytes.Flush(file, path);

        public void Dispose() => file.Dispose();
    }
}

/// <summary>A tensor that is put together from parts of others.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Its element type, that of all parts.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Parts">Its bytes, one part after the other.</param>
internal sealed record ComposedTensor(
    string Name,
    ElementType ElementType,
    IReadOnlyList<long> Shape,
    IReadOnlyList<BytePart> Parts)
{
    /// <summary>How many bytes it has.</summary>
    public long ByteLength => Parts.Sum(part => part.Length);
}

/// <summary>Consecutive bytes of a tensor.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="First">The first byte, counted from the tensor's own.</param>
/// <param name="Length">How many.</param>
internal sealed record BytePart(TensorInfo Tensor, long First, long Length);
