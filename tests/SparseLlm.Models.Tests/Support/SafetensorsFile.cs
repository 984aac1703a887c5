using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Tests.Support;

/// <summary>Writes safetensors files, good and bad, without the code under test.</summary>
public static class SafetensorsFile
{
    /// <summary>A file of any header text and data.</summary>
    public static void WriteRaw(string path, string header, byte[] data, ulong? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length ?? (ulong)json.Length);
        File.WriteAllBytes(path, [.. prefix, .. json, .. data]);
    }

    /// <summary>A well-formed file of the given tensors, in that order.</summary>
    public static void Write(
        string path,
        ElementType type,
        IEnumerable<(string Name, long[] Shape, float[] Values)> tensors)
    {
        Dictionary<string, object> header = new() { ["__metadata__"] = new { format = "pt" } };
        List<byte> data = [];
        foreach ((string name, long[] shape, float[] values) in tensors)
        {
            int begin = data.Count;
            foreach (float value in values)
            {
                data.AddRange(Bytes(value, type));
            }

            header[name] = new { dtype = type.ToString(), shape, data_offsets = new[] { begin, data.Count } };
        }

        string json = JsonSerializer.Serialize(header);
        WriteRaw(path, json.PadRight((json.Length + 7) / 8 * 8), [.. data]);
    }

    private static byte[] Bytes(float value, ElementType type) => type switch
    {
        ElementType.I8 => [(byte)(sbyte)value],
        ElementType.F32 => BitConverter.GetBytes(value),
        ElementType.F16 => BitConverter.GetBytes((Half)value),
        ElementType.BF16 => BFloat16(value),
        _ => throw new ArgumentException($"{type}", nameof(type)),
    };

    private static byte[] BFloat16(float value)
    {
        byte[] bytes = new byte[sizeof(ushort)];
        NumberFormats.FromSingle([value], NumberFormat.BFloat16, bytes);
        return bytes;
    }
}
