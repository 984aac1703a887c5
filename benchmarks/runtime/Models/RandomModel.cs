using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Numerics;
using SparseLlm.Tests;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>Models of a shape with seeded weights in BF16 that mean nothing, dense and pruned, and as GGUF. What is
/// there already is not written again.</summary>
/// <param name="shape">The shape.</param>
/// <param name="root">A folder for them.</param>
internal sealed class RandomModel(ModelShape shape, string root)
{
    // Columns that share a scale where weights are quantised.
    private const int Group = 64;

    // Longer than a row and aligned with none.
    private const int BlockLength = (1 << 21) - Group;

    /// <summary>The dense model's directory.</summary>
    public string Dense() => Directory("dense", directory => Write(directory, static (_, _) => true));

    /// <summary>A model whose decoder layers are pruned by chance, packed.</summary>
    public string Unstructured(double sparsity)
        => Packed($"{100 * sparsity:0}", (random, _) => random.NextDouble() >= sparsity);

    /// <summary>A model whose decoder layers are quantised, and pruned by chance, packed.</summary>
    /// <param name="bits">Bits of their codes.</param>
    /// <param name="sparsity">The share of their weights that is pruned.</param>
    /// <param name="tableBits">Bits of the codes of the embedding and the head; null where they stay in BF16.</param>
    public string Quantized(int bits, double sparsity, int? tableBits = null) => Packed(
        $"int{bits}-{100 * sparsity:0}" + (tableBits is null ? "" : $"-tables{tableBits}"),
        (random, _) => random.NextDouble() >= sparsity,
        bits,
        tableBits);

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

    private string Packed(
        string name,
        Func<Random, (int Place, int Count), bool> keeps,
        int? bits = null,
        int? tableBits = null) => Directory(name, directory =>
    {
        string dense = directory + "-dense";
        Write(dense, keeps, bits, tableBits);
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

    private void Write(
        string directory,
        Func<Random, (int Place, int Count), bool> keeps,
        int? bits = null,
        int? tableBits = null)
    {
        System.IO.Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "config.json"), JsonSerializer.Serialize(shape.Config()));
        File.WriteAllText(
            Path.Combine(directory, "tokenizer.json"),
            ByteLevelTokenizer.OfSize(shape.Vocabulary).ToJsonString());
        using FileStream file = File.Create(Path.Combine(directory, "model.safetensors"));
        WriteHeader(file);
        ushort[] tables = Block(static (_, _) => true, tableBits);
        ushort[] pruned = Block(keeps, bits);
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

            // Groups begin where a row does.
            ushort[] block = name.StartsWith("model.layers", StringComparison.Ordinal) ? pruned : tables;
            start -= start % Group;
            for (long left = (long)dimensions[0] * dimensions[1]; left > 0;)
            {
                int count = (int)Math.Min(left, block.Length - start);
                file.Write(MemoryMarshal.AsBytes<ushort>(block.AsSpan(start, count)));
                start = (start + count) % (block.Length);
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
    private ushort[] Block(Func<Random, (int Place, int Count), bool> keeps, int? bits)
    {
        var random = new Random(1);
        float[] block = new float[BlockLength];
        int count = 0;
        float scale = 0;
        for (int index = 0; index < block.Length; index++)
        {
            count = index % 4 == 0 ? 0 : count;
            scale = index % Group == 0 ? Scale(random, bits) : scale;
            float weight = Weight(random, bits, scale);
            if (keeps(random, (index % 4, count)))
            {
                block[index] = weight;
                count++;
            }
        }

        ushort[] rounded = new ushort[block.Length];
        NumberFormats.FromSingle(block, NumberFormat.BFloat16, MemoryMarshal.AsBytes(rounded.AsSpan()));
        return rounded;
    }

    private float Weight(Random random, int? bits, float scale)
    {
        double share = 2 * random.NextDouble() - 1;
        return bits is null
            ? (float)(share * Width) + 1e-6f
            : (float)(Math.CopySign(Math.Ceiling(Math.Abs(share) * Most(bits.Value)), share) * scale);
    }

    private float Scale(Random random, int? bits)
        => bits is null ? 0 : (float)(Half)(Width / Most(bits.Value) * (0.75 + random.NextDouble() / 2));

    private double Width => Math.Sqrt(3.0 / shape.Hidden);

    private static int Most(int bits) => (1 << (bits - 1)) - 1;
}
