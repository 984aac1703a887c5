using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints.Encodings;

/// <summary>What packing makes of a checkpoint, and that nothing of it is lost.</summary>
public sealed class Packing : IDisposable
{
    private readonly TempDirectory dense = new();
    private readonly TempDirectory packed = new();
    private readonly TempDirectory unpacked = new();

    public static TheoryData<string, ElementType, string> Families
    {
        get
        {
            // Each family once in every type, so that every type meets every pattern.
            var data = new TheoryData<string, ElementType, string>();
            string[] patterns = ["0.5", "2:4", "0.7"];
            int turn = 0;
            foreach (string family in Directory.EnumerateDirectories(Repository.Families)
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal))
            {
                foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.BF16])
                {
                    data.Add(family, type, patterns[turn++ % patterns.Length]);
                }

                turn++;
            }

            return data;
        }
    }

    public void Dispose()
    {
        dense.Dispose();
        packed.Dispose();
        unpacked.Dispose();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_family_reads_the_same_packed_and_comes_back_to_the_byte(
        string family,
        ElementType type,
        string pattern)
    {
        MagnitudePruning.Write(Repository.Family(family), dense.Path, type, pattern);
        PackAndUnpack();
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        checkpoint.IsPacked.ShouldBeTrue();
        foreach (TensorInfo matrix in checkpoint.Tensors.Where(tensor => tensor.Shape.Count >= 2))
        {
            matrix.Packed.ShouldNotBeNull(matrix.ToString()).StoredLength.ShouldBeLessThan(matrix.ByteLength);
        }
    }

    [Fact]
    public void Zeros_anywhere_are_stored_as_compressed_tensors_has_published_it()
    {
        Write([("w", [3, 10], [0, 1, 0, 0, 2, 0, 0, 0, 3, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /**/ 4, 0, 0, 0, 0, 0,
            0, 5, 0, 6])], ElementType.F32);
        PackAndUnpack();
        IReadOnlyDictionary<string, TensorInfo> stored = Stored();
        Bytes(stored["w.compressed"]).ShouldBe(MemoryMarshal.AsBytes<float>([1f, 2, 3, 4, 5, 6]).ToArray());
        stored["w.bitmask"].ToString().ShouldBe("w.bitmask U8 [3 x 2]");
        Bytes(stored["w.bitmask"]).ShouldBe([0b0001_0010, 0b01, 0, 0, 0b1000_0001, 0b10]);
        stored["w.row_offsets"].ToString().ShouldBe("w.row_offsets I64 [3]");
        Bytes(stored["w.row_offsets"]).ShouldBe(MemoryMarshal.AsBytes<long>([0, 3, 3]).ToArray());
        stored["w.shape"].ToString().ShouldBe("w.shape I64 [2]");
        Bytes(stored["w.shape"]).ShouldBe(MemoryMarshal.AsBytes<long>([3, 10]).ToArray());
        Layouts().ShouldBe(new Dictionary<string, string> { ["w"] = "bitmask" });
    }

    [Fact]
    public void A_pattern_keeps_as_many_of_every_group_and_fills_those_up_that_have_fewer()
    {
        Write(
            [("w", [2, 12], [0, 1, 0, 2, 3, 0, 4, 0, 5, 6, 0, 0, /**/ 7, 0, 0, 8, 0, 0, 0, 9, 0, 0, 1, 1])],
            ElementType.F32);
        PackAndUnpack();
        IReadOnlyDictionary<string, TensorInfo> stored = Stored();
        stored["w.compressed"].ToString().ShouldBe("w.compressed F32 [2 x 6]");
        Bytes(stored["w.compressed"]).ShouldBe(
            MemoryMarshal.AsBytes<float>([1f, 2, 3, 4, 5, 6, 7, 8, 0, 9, 1, 1]).ToArray());
        Bytes(stored["w.bitmask"]).ShouldBe([0b0101_1010, 0b0011, 0b1001_1001, 0b1100]);
        stored.ContainsKey("w.row_offsets").ShouldBeFalse();
        Layouts().ShouldBe(new Dictionary<string, string> { ["w"] = "2:4" });
    }

    [Theory]
    [InlineData("1:2")]
    [InlineData("1:4")]
    [InlineData("2:8")]
    [InlineData("4:8")]
    [InlineData("5:16")]
    [InlineData("9:32")]
    public void Patterns_of_every_size_of_groups_come_back(string pattern)
    {
        Write([("w", [9, 96], MagnitudePruning.Prune(Values(9 * 96), 96, pattern))], ElementType.BF16);
        PackAndUnpack();
        Layouts().ShouldBe(new Dictionary<string, string> { ["w"] = pattern });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(33)]
    [InlineData(90_001)]
    public void Rows_of_any_length_come_back(int columns)
    {
        // A single column is less than the offset of its row.
        string[] expected = columns == 1 ? [] : ["w"];
        foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16])
        {
            int rows = columns > 1000 ? 2 : 61;
            Write([("v", [3], [1, 2, 3]), ("w", [rows, columns], MagnitudePruning.Prune(
                Values(rows * columns),
                columns,
                "0.8"))], type);
            PackAndUnpack();
            Layouts().Keys.ShouldBe(expected);
        }
    }

    [Fact]
    public void Negative_zeros_and_the_smallest_numbers_are_kept()
    {
        float[] values = new float[64];
        (values[3], values[20], values[40]) = (-0.0f, float.Epsilon, -float.Epsilon);
        Write([("w", [2, 32], values)], ElementType.F32);
        PackAndUnpack();
        Bytes(Stored()["w.compressed"])[..12].ShouldBe(
            MemoryMarshal.AsBytes<float>([-0.0f, float.Epsilon, -float.Epsilon]).ToArray());
    }

    [Fact]
    public void What_would_grow_or_is_no_matrix_of_weights_stays_as_it_is()
    {
        SafetensorsFile.WriteRaw(
            dense["model.safetensors"],
            """
            {"dense":{"dtype":"F16","shape":[4,8],"data_offsets":[0,64]},"vector":{"dtype":"F16","shape":[32],"data_offsets":[64,128]},
            "ids":{"dtype":"I64","shape":[4,2],"data_offsets":[128,192]},"none":{"dtype":"F16","shape":[0,8],"data_offsets":[192,192]},"scalar":{"dtype":"F32","shape":[],"data_offsets":[192,196]}}
            """,
            [.. Enumerable.Repeat((byte)1, 64), .. new byte[132]]);
        PackAndUnpack();
        Layouts().ShouldBeEmpty();
        Stored().Keys.Where(name => !name.EndsWith(".padding", StringComparison.Ordinal))
            .ShouldBe(["dense", "vector", "ids", "none", "scalar"], ignoreOrder: true);
    }

    [Fact]
    public void Header_of_any_form_comes_back()
    {
        // Out of order, with metadata, spaces, escapes, and a name that is another one's part.
        string header = """
             { "b\u0062" : {"data_offsets":[64,192],"dtype":"BF16","shape":[4,16]},"__metadata__":{"z":"\n","format":"pt"},
             "a.compressed":{"dtype":"U8","shape":[64],"data_offsets":[0,64]}, "a":{"shape":[4,16],"dtype":"F16","data_offsets":[192,320]}}     
            """;
        byte[] data = new byte[320];
        (data[70], data[200]) = (7, 9);
        SafetensorsFile.WriteRaw(dense["model.safetensors"], header, data);
        PackAndUnpack();
        Layouts().Keys.ShouldBe(["bb"]);
    }

    [Fact]
    public void Shards_their_index_and_older_copies_come_back()
    {
        float[] old = MagnitudePruning.Prune(Values(256), 16, "0.75");
        SafetensorsFile.Write(
            dense["one.safetensors"],
            ElementType.F16,
            [("a", [16, 16], MagnitudePruning.Prune(Values(256), 16, "2:4")), ("copied", [16, 16], old)]);
        SafetensorsFile.Write(dense["two.safetensors"], ElementType.F16, [("b", [16, 17], MagnitudePruning.Prune(
            Values(272),
            17,
            "0.6")), ("copied", [16, 16], old), ("c", [3], [1, 2, 3])]);
        File.WriteAllText(dense["model.safetensors.index.json"], """
            { "weight_map": {"c": "two.safetensors", "a":"one.safetensors", "copied":"two.safetensors","b":"two.safetensors"},
              "metadata": {"total_size": 1} }
            """);
        PackAndUnpack();
        Layouts().ShouldBe(new Dictionary<string, string> { ["a"] = "2:4", ["b"] = "bitmask" });
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(packed["model.safetensors.index.json"]));
        JsonElement map = index.RootElement.GetProperty("weight_map");
        map.GetProperty("a.bitmask").GetString().ShouldBe("one.safetensors");
        map.GetProperty("b.row_offsets").GetString().ShouldBe("two.safetensors");
        map.GetProperty("copied").GetString().ShouldBe("two.safetensors");
        map.TryGetProperty("a", out _).ShouldBeFalse();
    }

    [Fact]
    public void Everything_but_dimensions_begins_at_multiples_of_64_bytes_of_the_file()
    {
        Write([("v", [3], [1, 2, 3]), ("w", [7, 13], MagnitudePruning.Prune(
            Values(91),
            13,
            "0.6")), ("x", [5, 12], MagnitudePruning.Prune(Values(60), 12, "2:4")), ("y", [1], [1])], ElementType.F16);
        PackAndUnpack();
        foreach (TensorInfo tensor in Stored().Values.Where(tensor => !tensor.Name.EndsWith(
            ".padding",
            StringComparison.Ordinal) && !tensor.Name.EndsWith(".shape", StringComparison.Ordinal)))
        {
            (tensor.Offset % 64).ShouldBe(0, tensor.Name);
        }

        // A vector may be read that begins with the last value.
        long length = new FileInfo(packed["model.safetensors"]).Length;
        Stored().Values.Where(tensor => tensor.Name.EndsWith(".compressed", StringComparison.Ordinal))
            .ShouldAllBe(values => values.Offset + values.ByteLength + 64 <= length);
    }

    [Fact]
    public void Packing_twice_gives_the_same_bytes()
    {
        MagnitudePruning.Write(Repository.Family("llama32"), dense.Path, ElementType.BF16, "0.5");
        PackedDirectory.Pack(dense.Path, packed.Path);
        PackedDirectory.Pack(dense.Path, unpacked.Path);
        PackedDirectory.ShouldBeSame(packed.Path, unpacked.Path);
    }

    [Fact]
    public void A_packed_model_is_neither_packed_nor_pruned()
    {
        Write([("w", [8, 8], MagnitudePruning.Prune(Values(64), 8, "0.8"))], ElementType.F32);
        PackedDirectory.Pack(dense.Path, packed.Path);
        new Action(() => PackedDirectory.Pack(packed.Path, unpacked.Path)).ShouldFailWith(ModelDiagnostics.PackedModel)
            .Message
            .ShouldContain("sparsellm unpack");
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        new Action(() => new CheckpointWriter(checkpoint, unpacked.Path).Dispose()).ShouldFailWith(
            ModelDiagnostics.PackedModel);
        Directory.EnumerateFileSystemEntries(unpacked.Path).ShouldBeEmpty();
    }

    [SkippableFact]
    public void Weights_that_change_while_they_are_packed_are_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "nobody else writes to an open file there");
        float[] values = MagnitudePruning.Prune(Values(640), 64, "0.8");
        Write([("w", [10, 64], values)], ElementType.F32);
        using Checkpoint checkpoint = Checkpoint.Open(dense.Path);
        int calls = 0;
        var writer = new PackedCheckpointWriter(
            checkpoint,
            packed.Path,
            _ =>
            {
                // The file that was opened, between looking and writing.
                if (++calls == 1)
                {
                    values[Array.IndexOf(values, 0)] = 1;
                    Overwrite(
                        dense["model.safetensors"],
                        checkpoint["w"].Offset,
                        MemoryMarshal.AsBytes<float>(values).ToArray());
                }
            },
            default);
        new Action(writer.Write).ShouldFailWith(ModelDiagnostics.CheckpointUnreadable).Message
            .ShouldContain("has changed while it was packed");
    }

    [Fact]
    public void Unpacking_what_is_not_packed_is_an_error()
    {
        Write([("w", [2, 2], [1, 2, 3, 4])], ElementType.F32);
        new Action(() => PackedDirectory.Unpack(dense.Path, unpacked.Path)).ShouldFailWith(
            ModelDiagnostics.CheckpointUnreadable).Message.ShouldContain("not packed");
    }

    [Theory]
    [InlineData("0.5", 1.75)]
    [InlineData("0.7", 2.7)]
    [InlineData("2:4", 1.75)]
    public void Rows_of_common_length_get_as_small_as_promised(string pattern, double smaller)
    {
        const int Columns = 4096;
        Write([("w", [4, Columns], MagnitudePruning.Prune(Values(4 * Columns), Columns, pattern))], ElementType.BF16);
        PackedDirectory.Pack(dense.Path, packed.Path);
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        TensorInfo tensor = checkpoint["w"];
        ((double)tensor.ByteLength / tensor.Packed!.StoredLength).ShouldBeGreaterThan(smaller);
    }

    /// <summary>As another program does it, which knows nothing of locks.</summary>
    private static void Overwrite(string path, long offset, byte[] bytes)
    {
        string copy = path + ".new";
        File.WriteAllBytes(copy, bytes);
        using var dd = System.Diagnostics.Process
            .Start("dd", [$"if={copy}", $"of={path}", "bs=1", $"seek={offset}", "conv=notrunc", "status=none"]);
        dd.WaitForExit();
        File.Delete(copy);
    }

    private static float[] Values(int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count)
            .Select(_ => (float)(random.NextDouble() + 0.5) * (random.Next(2) * 2 - 1))];
    }

    private void Write((string Name, long[] Shape, float[] Values)[] tensors, ElementType type)
        => SafetensorsFile.Write(dense["model.safetensors"], type, tensors);

    private void PackAndUnpack()
    {
        PackedDirectory.Pack(dense.Path, packed.Path);
        PackedDirectory.ShouldReadTheSame(packed.Path, dense.Path);
        PackedDirectory.Unpack(packed.Path, unpacked.Path);
        PackedDirectory.ShouldBeSame(unpacked.Path, dense.Path);
    }

    /// <summary>The layouts that sparsellm.json names.</summary>
    private Dictionary<string, string> Layouts()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(packed["sparsellm.json"]));
        json.RootElement.GetProperty("formatVersion").GetInt32().ShouldBe(1);
        json.RootElement.GetProperty("encoding").GetString().ShouldBe("sparse");
        return json.RootElement.GetProperty("tensors").EnumerateObject()
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Value.GetProperty("layout").GetString()!);
    }

    /// <summary>What the file has by its own header.</summary>
    private Dictionary<string, TensorInfo> Stored()
    {
        using var file = File.OpenHandle(packed["model.safetensors"]);
        return SafetensorsHeader.Read(file, packed["model.safetensors"], "model.safetensors")
            .ToDictionary(tensor => tensor.Name);
    }

    private byte[] Bytes(TensorInfo tensor)
        => File.ReadAllBytes(packed["model.safetensors"])[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)];
}
