using System.Text;

namespace SparseLlm.Tests;

/// <summary>The bytes of a GGUF file, good or bad, put together without the code under test.</summary>
internal sealed class GgufBytes
{
    private readonly MemoryStream pairs = new();
    private readonly MemoryStream tensors = new();
    private readonly MemoryStream data = new();
    private ulong pairCount;
    private ulong tensorCount;

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    public int Alignment { get; set; } = 32;

    /// <summary>Adds a pair whose value is these parts: numbers as they are, texts with their lengths.</summary>
    public GgufBytes Pair(string key, uint type, params object[] value)
    {
        pairCount++;
        Write(pairs, [key, type, .. value]);
        return this;
    }

    /// <summary>Adds a tensor behind those before it.</summary>
    public GgufBytes Tensor(string name, uint type, ulong[] dimensions, byte[] bytes, ulong? offset = null)
    {
        tensorCount++;
        Write(
            tensors,
            [name, (uint)dimensions.Length, .. dimensions.Cast<object>(), type, offset ?? (ulong)data.Length]);
        data.Write(bytes);
        data.Write(new byte[(Alignment - data.Length % Alignment) % Alignment]);
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] Build(ulong? pairs = null, ulong? tensors = null)
    {
        var file = new MemoryStream();
        Write(file, [Magic, Version, tensors ?? tensorCount, pairs ?? pairCount]);
        file.Write(this.pairs.ToArray());
        file.Write(this.tensors.ToArray());
        file.Write(new byte[(Alignment - file.Length % Alignment) % Alignment]);
        file.Write(data.ToArray());
        return file.ToArray();
    }

    private static void Write(Stream stream, object[] parts)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        foreach (object part in parts)
        {
            switch (part)
            {
                case string text:
                    byte[] bytes = Encoding.UTF8.GetBytes(text);
                    writer.Write((ulong)bytes.Length);
                    writer.Write(bytes);
                    break;
                case byte number:
                    writer.Write(number);
                    break;
                case ushort number:
                    writer.Write(number);
                    break;
                case uint number:
                    writer.Write(number);
                    break;
                case ulong number:
                    writer.Write(number);
                    break;
                case float number:
                    writer.Write(number);
                    break;
                default:
                    throw new ArgumentException($"There is no way to write {part}.", nameof(parts));
            }
        }
    }
}
