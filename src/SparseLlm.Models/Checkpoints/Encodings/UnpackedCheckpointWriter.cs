using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Writes the files that a packed checkpoint was made from, to the byte. One piece of a tensor is in
/// memory.</summary>
/// <param name="source">The packed checkpoint.</param>
/// <param name="directory">A directory for them.</param>
/// <param name="progress">Takes the share of the work that is done, from 0 to 1.</param>
/// <param name="cancellation">Stops in between.</param>
public sealed class UnpackedCheckpointWriter(
    Checkpoint source,
    string directory,
    Action<double> progress,
    CancellationToken cancellation)
{
    private const int PieceLength = 1 << 20;

    private readonly WorkDone work = new(
        source.Tensors.Concat(source.Superseded).Sum(tensor => tensor.ByteLength),
        progress);

    /// <summary>Writes the shards, and their index if there is one.</summary>
    /// <exception cref="DiagnosticException">The source is not packed or cannot be read, or a file cannot be
    /// written.</exception>
    public void Write()
    {
        EncodingFile encodings = EncodingFile.TryRead(source.Directory)
            ?? throw ModelDiagnostics.CheckpointUnreadable.Error(
                new SourceLocation(source.Directory), "the model is not packed, and can be used as it is");
        encodings.RequireIndexOf(source);
        foreach (string shard in source.Shards)
        {
            WriteShard(shard, encodings.Headers[shard]);
        }

        if (encodings.Index is { } index)
        {
            FileBytes.WriteAll(Path.Combine(directory, ShardIndex.FileName), index);
        }
    }

    private void WriteShard(string shard, byte[] header)
    {
        string path = Path.Combine(directory, shard);
        using SafeFileHandle file = FileBytes.Create(path);
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        long end = 0;
        Append(length);
        Append(header);
        byte[] buffer = new byte[PieceLength];
        Dictionary<string, TensorInfo> tensors = source.Tensors.Concat(source.Superseded)
            .Where(tensor => tensor.Shard == shard)
            .ToDictionary(tensor => tensor.Name);
        foreach (TensorInfo tensor in SafetensorsHeader.Parse([.. header], path, shard)
            .Select(tensor => tensors[tensor.Name]))
        {
            for (long done = 0; done < tensor.ByteLength; done += PieceLength)
            {
                cancellation.ThrowIfCancellationRequested();
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, tensor.ByteLength - done));
                source.ReadBytes(tensor, done, piece.Span);
                Append(piece);
                work.Add(piece.Length);
            }
        }

        FileBytes.Flush(file, path);

        void Append(ReadOnlyMemory<byte> bytes)
        {
            FileBytes.Write(file, end, bytes, path);
            end += bytes.Length;
        }
    }
}
