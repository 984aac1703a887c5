using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SparseLlm.Tests;

/// <summary>The tensors of a safetensors file, read and written without the code under test.</summary>
internal sealed class StoredTensors : Dictionary<string, (string Type, long[] Shape, byte[] Bytes)>
{
    /// <summary>Those of a file, in its order.</summary>
    public static StoredTensors Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        var tensors = new StoredTensors();
        foreach ((string name, JsonNode? entry) in JsonNode.Parse(file.AsSpan(8, length))!.AsObject())
        {
            if (name == "__metadata__")
            {
                continue;
            }

            int[] offsets = entry!["data_offsets"]!.Deserialize<int[]>()!;
            tensors.Add(name, ((string)entry["dtype"]!, entry["shape"]!
                .Deserialize<long[]>()!, file[(8 + length + offsets[0])..(8 + length + offsets[1])]));
        }

        return tensors;
    }

    /// <summary>Those of a model's directory, whichever of its files holds them.</summary>
    public static StoredTensors Of(string directory)
    {
        var tensors = new StoredTensors();
        foreach (string shard in Directory.EnumerateFiles(directory, "*.safetensors").Order(StringComparer.Ordinal))
        {
            foreach ((string name, var tensor) in Read(shard))
            {
                tensors.Add(name, tensor);
            }
        }

        return tensors;
    }

    /// <summary>Writes them to a file.</summary>
    public void Write(string path)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        int offset = 0;
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in this)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = JsonSerializer.SerializeToNode(shape),
                ["data_offsets"] = new JsonArray(offset, offset += bytes.Length),
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(path, [.. length, .. json, .. Values.SelectMany(tensor => tensor.Bytes)]);
    }

    /// <summary>Writes them to shards of a directory, with their index.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="shardOf">Which shard a tensor goes to, from 0.</param>
    public void WriteShards(string directory, Func<string, int> shardOf)
    {
        var index = new JsonObject();
        foreach (IGrouping<int, string> shard in Keys.GroupBy(shardOf))
        {
            string file = $"model-{shard.Key}.safetensors";
            var part = new StoredTensors();
            foreach (string name in shard)
            {
                part.Add(name, this[name]);
                index[name] = file;
            }

            part.Write(Path.Combine(directory, file));
        }

        File.WriteAllText(
            Path.Combine(directory, "model.safetensors.index.json"),
            new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = index }.ToJsonString());
    }
}
