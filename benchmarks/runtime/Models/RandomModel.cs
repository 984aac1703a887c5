using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Tests;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>Models of a shape with seeded weights in BF16 that mean nothing, dense and pruned, and as GGUF. What is
/// there already is not written again.</summary>
/// <param name="shape">The shape.</param>
/// <param name="root">A folder for them.</param>
internal sealed class RandomModel(ModelShape shape, string root)
{
    // Longer than a row and aligned with none.
    private const int BlockLength = (1 << 21) - 1;

    /// <summary>The dense model's directory.</summary>
    public string Dense() => Directory("dense", directory => Write(directory, static (_, _) => true));

    /// <summary>A model whose decoder layers are pruned by chance, packed.</summary>
    public string Unstructured(double sparsity)
        => Packed($"{100 * sparsity:0}", (random, _) => random.NextDouble() >= sparsity);

    /// <summary>A model whose decoder layers have two of four weights, packed.</summary>
    public string TwoOfFour()
        => Packed("2-4", static (random, kept) => random.NextDouble() * (4 - kept.Place) < 2 - kept.Count);

    /// <summary>The dense model as GGUF.</summary>
    public string Gguf(GgufElementType type)
    {
        string path = Path.Combine(root, $"{shape.Name}-{shape.Layers}-{type}.gguf");
        if (!File.Exists(path))
        {
            using GgufExport export = GgufExport.Open(Dense(), new GgufExportOptions(type));
            export.Write(path + ".tmp", CancellationToken.None);
            File.Move(path + ".tmp", path);
        }

        return path;
    }

    private string Packed(string name, Func<Random, (int Place, int Count), bool> keeps) => Directory(name, directory =>
    {
        string dense = directory + "-dense";
        Write(dense, keeps);
        System.IO.Directory.CreateDirectory(directory);
        using (Checkpoint checkpoint = Checkpoint.Open(dense))
        {
            new PackedCheckpointWriter(checkpoint, directory, _ => { }, CancellationToken.None).Write();
        }

        foreach (string file in (string[])["config.json", "tokenizer.json"])
        {
            File.Copy(Path.Combine(dense, file), Path.Combine(directory, file));
        }

        System.IO.Directory.Delete(dense, recursive: true);
    });

    private string Directory(string name, Action<string> write)
    {
        string directory = Path.Combine(root, $"{shape.Name}-{shape.Layers}-{name}");
        if (!System.IO.Directory.Exists(directory))
        {
            Console.Error.WriteLine($"writing {directory}");
            write(directory + ".tmp");
            System.IO.Directory.Move(directory + ".tmp", directory);
        }

        return directory;
    }

    private void Write(string directory, Func<Random, (int Place, int Count), bool> keeps)
    {
        System.IO.Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "config.json"), JsonSerializer.Serialize(shape.Config()));
        File.WriteAllText(
            Path.Combine(directory, "tokenizer.json"),
            ByteLevelTokenizer.OfSize(shape.Vocabulary).ToJsonString());
        using FileStream file = File.Create(Path.Combine(directory, "model.safetensors"));
        WriteHeader(file);
        ushort[] dense = Block(static (_, _) => true);
        ushort[] pruned = Block(keeps);
        int start = 0;
        foreach ((string name, int[] dimensions) in shape.Tensors())
        {
            if (dimensions.Length == 1)
            {
                ushort[] ones = new ushort[dimensions[0]];
                Array.Fill(ones, (ushort)0x3F80);
                file.Write(MemoryMarshal.AsBytes<ushort>(ones));
                continue;
            }

            // Groups of four begin where a row does.
            ushort[] block = name.StartsWith("model.layers", StringComparison.Ordinal) ? pruned : dense;
            start -= start % 4;
            for (long left = (long)dimensions[0] * dimensions[1]; left > 0;)
            {
                int count = (int)Math.Min(left, block.Length / 4 * 4 - start);
                file.Write(MemoryMarshal.AsBytes<ushort>(block.AsSpan(start, count)));
                start = (start + count) % (block.Length / 4 * 4);
                left -= count;
            }
        }
    }

    private void WriteHeader(FileStream file)
    {
        var header = new Dictionary<string, object>();
        long length = 0;
        foreach ((string name, int[] dimensions) in shape.Tensors())
        {
            long end = dimensions.Aggregate(2L, (product, dimension) => product * dimension) + length;
            header.Add(name, new { dtype = "BF16", shape = dimensions, data_offsets = (long[])[length, end] });
            length = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padding = (64 - (sizeof(long) + json.Length) % 64) % 64;
        file.Write(BitConverter.GetBytes((long)json.Length + padding));
        file.Write(json);
        file.Write(Enumerable.Repeat((byte)' ', padding).ToArray());
    }

    /// <summary>Weights of a width that keeps activations near one, and zeros.</summary>
    private ushort[] Block(Func<Random, (int Place, int Count), bool> keeps)
    {
        var random = new Random(1);
        double width = 2 * Math.Sqrt(3.0 / shape.Hidden);
        var block = new ushort[BlockLength];
        int count = 0;
        for (int index = 0; index < block.Length; index++)
        {
            count = index % 4 == 0 ? 0 : count;
            float weight = (float)((random.NextDouble() - 0.5) * width) + 1e-6f;
            if (keeps(random, (index % 4, count)))
            {
                block[index] = (ushort)(BitConverter.SingleToUInt32Bits(weight) >> 16);
                count++;
            }
        }

        return block;
    }
}
