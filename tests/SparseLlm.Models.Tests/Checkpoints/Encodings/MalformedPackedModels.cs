using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints.Encodings;

/// <summary>Files of a packed model that contradict each other are an error, and never a wrong number.</summary>
public sealed class MalformedPackedModels : IDisposable
{
    private readonly TempDirectory dense = new();
    private readonly TempDirectory packed = new();
    private readonly float[] any = MagnitudePruning.Prune(
        [.. Enumerable.Range(1, 60).Select(i => (float)(i * 7 % 60 + 1))],
        12,
        "0.6");
    private readonly float[] groups = MagnitudePruning.Prune(
        [.. Enumerable.Range(1, 60).Select(i => (float)(i * 7 % 60 + 1))],
        12,
        "2:4");

    public MalformedPackedModels()
    {
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.F32,
            [("v", [3], [1, 2, 3]), ("any", [5, 12], any), ("groups", [5, 12], groups)]);
        PackedDirectory.Pack(dense.Path, packed.Path);
    }

    private string Weights => packed["model.safetensors"];

    private string Encodings => packed["sparsellm.json"];

    public void Dispose()
    {
        dense.Dispose();
        packed.Dispose();
    }

    [Fact]
    public void Mask_that_keeps_more_than_there_are_values_for_is_an_error()
    {
        Change("any.bitmask", bytes => bytes[2] |= 1 | 2 | 4 | 8 | 16 | 32 | 64);
        ShouldFailToRead("any", "row 1 keeps");
    }

    [Fact]
    public void Mask_with_a_bit_behind_the_last_column_is_an_error()
    {
        Change("any.bitmask", bytes => bytes[1] |= 1 << 4);
        ShouldFailToRead("any", "row 0 has bits behind the last of 12 columns");
        Change("any.bitmask", bytes => bytes[1] ^= 1 << 4);
        Change("groups.bitmask", bytes => bytes[^1] |= 1 << 7);
        ShouldFailToRead("groups", "row 4 has bits behind");
    }

    [Fact]
    public void Mask_with_as_many_weights_at_other_places_of_a_pattern_is_an_error()
    {
        Change("groups.bitmask", bytes => bytes[0] = 0b0111_0001);
        ShouldFailToRead("groups", "keeps 1 of the 4 weights from column 0 on");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    public void A_weight_that_moved_from_one_group_to_another_is_an_error_wherever_it_is(int size)
    {
        const int Columns = 160;
        float[] values = MagnitudePruning.Prune(
            [.. Enumerable.Range(0, Columns).Select(i => (float)(i * 7 % Columns + 1))],
            Columns,
            $"{size / 2}:{size}");
        SafetensorsFile.Write(dense["model.safetensors"], ElementType.F32, [("w", [1, Columns], values)]);
        PackedDirectory.Pack(dense.Path, packed.Path);
        foreach (int group in (int[])[0, 64 / size, Columns / size - 2])
        {
            int from = Array.FindIndex(values, group * size, value => value != 0);
            int to = Array.FindIndex(values, (group + 1) * size, value => value == 0);
            Change("w.bitmask", bytes =>
            {
                bytes[from / 8] ^= (byte)(1 << (from % 8));
                bytes[to / 8] ^= (byte)(1 << (to % 8));
            });
            ShouldFailToRead("w", $"keeps {size / 2 - 1} of the {size} weights from column {group * size} on");
            PackedDirectory.Pack(dense.Path, packed.Path);
        }
    }

    [Theory]
    [InlineData(0, 1, "begins with 1")]
    [InlineData(1, -5, "before the row above")]
    [InlineData(2, 0, "before the row above")]
    [InlineData(3, 25, "beyond the 24 values")]
    [InlineData(4, long.MaxValue, "beyond the 24 values")]
    [InlineData(4, 24, "values are stored for it")]
    public void Offsets_that_cannot_be_right_are_an_error(int row, long offset, string problem)
    {
        Change("any.row_offsets", bytes => MemoryMarshal.Cast<byte, long>(bytes)[row] = offset);
        ShouldFailToRead("any", problem);
    }

    [Fact]
    public void Rows_that_are_not_damaged_can_be_read()
    {
        Change("any.row_offsets", bytes => MemoryMarshal.Cast<byte, long>(bytes)[4] = 1000);
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        float[] row = new float[12];
        checkpoint.Read(checkpoint["any"], 12, row);
        row.ShouldBe(any[12..24]);
    }

    [Fact]
    public void Dimensions_that_disagree_are_an_error()
    {
        Change("any.shape", bytes => bytes[0] = 6);
        ShouldFailToOpen(Weights, "'any.shape' says [6 x 12]");
    }

    [Theory]
    [InlineData("\"any.bitmask\"", "\"any.bitmusk\"", "'any.bitmask' is missing")]
    [InlineData("\"any.row_offsets\"", "\"any.row_offsett\"", "'any.row_offsets' is missing")]
    [InlineData("\"groups.compressed\"", "\"groups.compressec\"", "'groups.compressed' is missing")]
    [InlineData("\"v\"", "\"u\"", "'v' is missing")]
    [InlineData("\"dtype\":\"U8\",\"shape\":[5,2]", "\"dtype\":\"I8\",\"shape\":[5,2]", "is I8 [5 x 2] where U8")]
    [InlineData("\"shape\":[5,6]", "\"shape\":[6,5]", "is F32 [6 x 5] where F32 [5 x 6] is due")]
    [InlineData(
        "\"dtype\":\"F32\",\"shape\":[24]",
        "\"dtype\":\"I32\",\"shape\":[24]",
        "is I32 [24] where F32 [24] is due")]
    [InlineData("\"v.padding\"", "\"u.padding\"", "'u.padding' is here")]
    public void Parts_that_are_missing_or_otherwise_are_an_error(string part, string other, string problem)
    {
        byte[] bytes = File.ReadAllBytes(Weights);
        string header = System.Text.Encoding.Latin1.GetString(bytes);
        header.ShouldContain(part);
        File.WriteAllBytes(
            Weights,
            System.Text.Encoding.Latin1.GetBytes(header.Replace(part, other, StringComparison.Ordinal)));
        ShouldFailToOpen(Weights, problem);
    }

    [Fact]
    public void A_layout_without_its_tensor_and_a_tensor_without_its_layout_are_errors()
    {
        ChangeJson(root => root["tensors"]!["other"] = new JsonObject { ["layout"] = "bitmask" });
        ShouldFailToOpen(Encodings, "'other' has a layout here and is in no file");
        ChangeJson(root => root["tensors"]!.AsObject().Remove("other"));
        ChangeJson(root => root["tensors"]!.AsObject().Remove("groups"));
        ShouldFailToOpen(Weights, "'groups' is missing");
        ChangeJson(root => root["tensors"]!["groups"] = new JsonObject { ["layout"] = "bitmask" });
        ShouldFailToOpen(Weights, "'groups.compressed' is F32 [5 x 6] where F32 [30] is due");
    }

    [Theory]
    [InlineData("2:3")]
    [InlineData("4:2")]
    [InlineData("0:4")]
    [InlineData("02:4")]
    [InlineData("dense")]
    [InlineData("")]
    public void A_layout_that_there_is_not_is_an_error(string layout)
    {
        ChangeJson(root => root["tensors"]!["groups"]!["layout"] = layout);
        ShouldFailToOpen(Encodings, $"'groups' has the layout '{layout}'");
    }

    [Fact]
    public void A_layout_that_the_columns_cannot_have_is_an_error()
    {
        ChangeJson(root => root["tensors"]!["groups"]!["layout"] = "4:8");
        ShouldFailToOpen(Weights, "cannot have the layout '4:8'");
        ChangeJson(root => root["tensors"] = new JsonObject
        {
            ["any"] = new JsonObject { ["layout"] = "bitmask" },
            ["groups"] = new JsonObject { ["layout"] = "2:4" },
            ["v"] = new JsonObject { ["layout"] = "bitmask" }
        });
        ShouldFailToOpen(Weights, "'v' of F32 [3] cannot have");
    }

    [Theory]
    [InlineData("""{"formatVersion":2,"encoding":"sparse"}""", "format version 2")]
    [InlineData("""{"formatVersion":1,"encoding":"sparse-int3"}""", "'sparse-int3' is not known here")]
    [InlineData("""{"encoding":"sparse"}""", "no formatVersion")]
    [InlineData("""[]""", "no formatVersion")]
    [InlineData("""{"formatVersion":1,"encoding":"sparse","tensors":[]}""", "no tensors")]
    [InlineData("""{"formatVersion":1,"encoding":"sparse","tensors":{}}""", "no headers")]
    [InlineData(
        """{"formatVersion":1,"encoding":"sparse","tensors":{},"headers":{"a":"%"}}""",
        "not a text in base 64")]
    [InlineData(
        """{"formatVersion":1,"encoding":"sparse","tensors":{},"headers":{},"index":1}""",
        "'index' is not a text in base 64")]
    [InlineData("""{"formatVersion":1,"encoding":"sparse","tensors":{"a":{"layout":"bitmask"},"a":{"layout":"bitmask"}},"headers":{}}""", "'a' is in tensors twice")]
    [InlineData("""{"formatVersion":1,""", "truncated")]
    public void Nonsense_in_the_file_of_encodings_is_an_error(string json, string problem)
    {
        File.WriteAllText(Encodings, json);
        ShouldFailToOpen(Encodings, problem);
    }

    [Fact]
    public void Header_that_is_missing_or_damaged_is_an_error()
    {
        ChangeJson(root => root["headers"]!["model.safetensors"] = Convert.ToBase64String("{\"v\":1}"u8));
        ShouldFailToOpen(
            Weights,
            "the header that sparsellm.json keeps of this file is damaged: the header's entry of tensor 'v'");
        ChangeJson(root => root["headers"] = new JsonObject());
        ShouldFailToOpen(Weights, "keeps no header of this file");
    }

    [Fact]
    public void Directory_that_says_it_is_dense_is_read_as_it_is()
    {
        File.WriteAllText(dense["sparsellm.json"], """{"formatVersion":1,"encoding":"dense"}""");
        using Checkpoint checkpoint = Checkpoint.Open(dense.Path);
        checkpoint.IsPacked.ShouldBeFalse();
    }

    [Fact]
    public void Packed_weights_without_the_file_of_encodings_or_with_one_of_dense_ones_are_an_error()
    {
        File.WriteAllText(Encodings, """{"formatVersion":1,"encoding":"dense"}""");
        ShouldFailToOpen(Encodings, "says that everything is stored dense, and tensors are packed, such as 'any'");
        File.Delete(Encodings);
        ShouldFailToOpen(
            Encodings,
            "is missing, and tensors are packed, such as 'any'; copy it along with the other files");
    }

    [Theory]
    [InlineData("""{"weight_map":{"v":"../../../evil"}}""", "not a file below")]
    [InlineData(
        """{"weight_map":{"v":"model-00002-of-00002.safetensors"}}""",
        "names the file 'model-00002-of-00002.safetensors'")]
    [InlineData("""{"weight_map":""", "not JSON")]
    [InlineData(null, "not kept here")]
    public void Index_of_other_files_is_an_error(string? index, string problem)
    {
        File.Move(dense["model.safetensors"], dense["one.safetensors"]);
        File.WriteAllText(
            dense["model.safetensors.index.json"],
            """{"weight_map":{"v":"one.safetensors","any":"one.safetensors","groups":"one.safetensors"}}""");
        File.Delete(Weights);
        PackedDirectory.Pack(dense.Path, packed.Path);
        ChangeJson(root =>
        {
            root.Remove("index");
            if (index is not null)
            {
                root["index"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(index));
            }
        });

        using var output = new TempDirectory();
        Diagnostic diagnostic = new Action(() => PackedDirectory.Unpack(packed.Path, output.Path)).ShouldFailWith(
            ModelDiagnostics.MalformedPackedFile);
        diagnostic.Location.ShouldNotBeNull().File.ShouldBe(Encodings);
        diagnostic.Message.ShouldContain(problem);
        Directory.EnumerateFiles(output.Path).ShouldBeEmpty();
    }

    [Fact]
    public void File_of_encodings_beside_weights_that_are_not_packed_is_an_error()
    {
        File.Copy(dense["model.safetensors"], Weights, overwrite: true);
        ShouldFailToOpen(Weights, "'any.compressed' is missing");
    }

    [Fact]
    public void Truncated_weights_are_an_error()
    {
        byte[] bytes = File.ReadAllBytes(Weights);
        File.WriteAllBytes(Weights, bytes[..^1]);
        Opening.ShouldFailWith(ModelDiagnostics.MalformedSafetensors).Message.ShouldContain("truncated");
    }

    private Action Opening => () => Checkpoint.Open(packed.Path).Dispose();

    private void ShouldFailToOpen(string file, string problem)
    {
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.MalformedPackedFile);
        diagnostic.Location.ShouldNotBeNull().File.ShouldBe(file);
        diagnostic.Message.ShouldContain(problem);
    }

    private void ShouldFailToRead(string tensor, string problem)
    {
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        Diagnostic diagnostic = new Action(
            () => checkpoint.Read(checkpoint[tensor], 0, new float[checkpoint[tensor].ElementCount]))
                .ShouldFailWith(ModelDiagnostics.MalformedPackedFile);
        diagnostic.Location.ShouldNotBeNull().File.ShouldBe(Weights);
        diagnostic.Message.ShouldContain($"'{tensor}'");
        diagnostic.Message.ShouldContain(problem);
    }

    private void Change(string part, SpanAction change)
    {
        TensorInfo tensor;
        using (var file = File.OpenHandle(Weights))
        {
            tensor = SafetensorsHeader.Read(file, Weights, "model.safetensors").Single(stored => stored.Name == part);
        }

        byte[] bytes = File.ReadAllBytes(Weights);
        change(bytes.AsSpan((int)tensor.Offset, (int)tensor.ByteLength));
        File.WriteAllBytes(Weights, bytes);
    }

    private void ChangeJson(Action<JsonObject> change)
    {
        JsonObject root = JsonNode.Parse(File.ReadAllBytes(Encodings))!.AsObject();
        change(root);
        File.WriteAllText(Encodings, root.ToJsonString());
    }

    private delegate void SpanAction(Span<byte> bytes);
}
