using System.Text;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>Writes what stands before the data of a GGUF file: counts, metadata, and where each tensor is.</summary>
internal static class GgufHeaderWriter
{
    /// <summary>The header, up to the aligned beginning of the data.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="tensors">The tensors in the order of their data, which follow each other aligned.</param>
    public static byte[] Write(GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(GgufLayout.Magic);
        writer.Write(GgufLayout.Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach ((string key, object value) in metadata)
        {
            WriteText(writer, key);
            GgufValueType type = value is Array ? GgufValueType.Array : TypeOf(value);
            writer.Write((uint)type);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Dimensions.Count);
            foreach (long dimension in tensor.Dimensions)
            {
                writer.Write((ulong)dimension);
            }

            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset = GgufLayout.Align(offset + tensor.ByteLength);
        }

        writer.Write(new byte[GgufLayout.Align(stream.Length) - stream.Length]);
        writer.Flush();
        return stream.ToArray();
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case Array array:
                writer.Write((uint)TypeOf(array.GetType().GetElementType()!));
                writer.Write((ulong)array.Length);
                foreach (object element in array)
                {
                    WriteValue(writer, element);
                }

                break;
            case string text:
                WriteText(writer, text);
                break;
            case bool flag:
                writer.Write(flag);
                break;
            case byte number:
                writer.Write(number);
                break;
            case sbyte number:
                writer.Write(number);
                break;
            case ushort number:
                writer.Write(number);
                break;
            case short number:
                writer.Write(number);
                break;
            case uint number:
                writer.Write(number);
                break;
            case int number:
                writer.Write(number);
                break;
            case float number:
                writer.Write(number);
                break;
            case ulong number:
                writer.Write(number);
                break;
            case long number:
                writer.Write(number);
                break;
            case double number:
                writer.Write(number);
                break;
            default:
                throw new ArgumentException($"A GGUF file has no values of {value.GetType()}.", nameof(value));
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static GgufValueType TypeOf(object value) => TypeOf(value.GetType());

    private static GgufValueType TypeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => GgufValueType.UInt8,
        TypeCode.SByte => GgufValueType.Int8,
        TypeCode.UInt16 => GgufValueType.UInt16,
        TypeCode.Int16 => GgufValueType.Int16,
        TypeCode.UInt32 => GgufValueType.UInt32,
        TypeCode.Int32 => GgufValueType.Int32,
        TypeCode.Single => GgufValueType.Float32,
        TypeCode.Boolean => GgufValueType.Bool,
        TypeCode.String => GgufValueType.Text,
        TypeCode.UInt64 => GgufValueType.UInt64,
        TypeCode.Int64 => GgufValueType.Int64,
        TypeCode.Double => GgufValueType.Float64,
        _ => throw new ArgumentException($"A GGUF file has no values of {type}.", nameof(type)),
    };
}
