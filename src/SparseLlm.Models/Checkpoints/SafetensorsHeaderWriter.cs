using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Writes the header of a safetensors file.</summary>
internal static class SafetensorsHeaderWriter
{
    /// <summary>The header, its length before it.</summary>
    /// <param name="tensors">The tensors in the order of their data, which is without gaps.</param>
    /// <param name="alignment">A multiple of this is where the data begins: behind the JSON there are spaces.</param>
    public static byte[] Write(
        IEnumerable<(string Name, ElementType ElementType, IReadOnlyList<long> Shape)> tensors,
        int alignment)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        long offset = 0;
        foreach ((string name, ElementType type, IReadOnlyList<long> shape) in tensors)
        {
            header.Add(name, new JsonObject
            {
                ["dtype"] = type.ToString(),
                ["shape"] = new JsonArray([.. shape.Select(dimension => JsonValue.Create(dimension))]),
                ["data_offsets"] = new JsonArray(
                    offset,
                    offset += shape.Aggregate((long)type.Size(), (product, dimension) => product * dimension)),
            });
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] bytes = new byte[(sizeof(ulong) + json.Length + alignment - 1) / alignment * alignment];
        bytes.AsSpan(sizeof(ulong)).Fill((byte)' ');
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - sizeof(ulong)));
        json.CopyTo(bytes, sizeof(ulong));
        return bytes;
    }
}
