using System.Globalization;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints.Encodings;

/// <summary>Weights that were quantised are packed as codes, and come back to the bit.</summary>
public sealed class PackingCodes : IDisposable
{
    private readonly TempDirectory dense = new();
    private readonly TempDirectory packed = new();
    private readonly TempDirectory unpacked = new();

    public static TheoryData<ElementType, int, int, int, double, string> Kinds { get; } = new()
    {
        { ElementType.BF16, 4, 64, 192, 0.5, "sparse-int4" },
        { ElementType.BF16, 8, 64, 192, 0.5, "sparse-int8" },
        { ElementType.F16, 4, 32, 100, 0.7, "sparse-int4" },
        { ElementType.F32, 8, 256, 600, 0.3, "sparse-int8" },
        { ElementType.F16, 8, 75, 75, 0.5, "sparse-int8" },
        { ElementType.BF16, 4, 128, 300, 0, "int4" },
        { ElementType.F16, 4, 33, 33, 0, "int4" },
        { ElementType.BF16, 8, 32, 160, 0, "int8" },
        { ElementType.F32, 4, 64, 64, 0, "int4" },
    };

    public void Dispose()
    {
        dense.Dispose();
        packed.Dispose();
        unpacked.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Codes_of_every_kind_come_back_to_the_bit(
        ElementType type, int bits, int group, int columns, double sparsity, string layout)
    {
        const int Rows = 37;
        SafetensorsFile.Write(
            dense["model.safetensors"],
            type,
            [("w", [Rows, columns], QuantizedWeights.Random(Rows, columns, bits, group, sparsity))]);
        PackAndUnpack();
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        PackedTensor tensor = checkpoint["w"].Packed.ShouldNotBeNull();
        tensor.Encoding.Layout.ShouldBe(layout);
        tensor.Encoding.Codes.ShouldBe(new CodeFormat(bits, group));
    }

    [Fact]
    public void Half_of_the_weights_in_four_bits_take_at_most_three_and_a_half_each()
    {
        const int Rows = 128;
        const int Columns = 192;
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [Rows, Columns], QuantizedWeights.Random(Rows, Columns, 4, 64, 0.5))]);
        PackAndUnpack();
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        (checkpoint["w"].Packed!.StoredLength * 8.0 / (Rows * Columns)).ShouldBeLessThan(3.5);
    }

    [Fact]
    public void Stacked_experts_are_packed_with_their_own_scales()
    {
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [3, 20, 64], QuantizedWeights.Random(60, 64, 4, 32, 0.5))]);
        PackAndUnpack();
    }

    [Fact]
    public void One_weight_that_is_no_code_leaves_the_matrix_as_it_was()
    {
        float[] weights = QuantizedWeights.Random(40, 64, 4, 64, 0.5);
        int last = Array.FindLastIndex(weights, weight => weight != 0);
        weights[last] *= 1.0371f;
        SafetensorsFile.Write(dense["model.safetensors"], ElementType.F32, [("w", [40, 64], weights)]);
        PackAndUnpack();
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        checkpoint["w"].Packed!.Encoding.Layout.ShouldNotStartWith("sparse-int");
    }

    [Theory]
    [InlineData(-0.0f)]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void What_no_code_stands_for_comes_back_too(float value)
    {
        float[] weights = QuantizedWeights.Random(40, 64, 4, 64, 0.5);
        weights[Array.IndexOf(weights, 0)] = value;
        SafetensorsFile.Write(dense["model.safetensors"], ElementType.F16, [("w", [40, 64], weights)]);
        PackAndUnpack();
    }

    [Theory]
    [InlineData("sparse-int5", 64)]
    [InlineData("sparse-int4", 48)]
    [InlineData("int4", 64)]
    [InlineData("sparse-int4", null)]
    public void Another_layout_than_the_files_have_is_an_error(string layout, int? group)
    {
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [8, 128], QuantizedWeights.Random(8, 128, 4, 64, 0.5))]);
        PackedDirectory.Pack(dense.Path, packed.Path);
        string json = File.ReadAllText(packed["sparsellm.json"]);
        using JsonDocument document = JsonDocument.Parse(json);
        string entry = document.RootElement.GetProperty("tensors").GetProperty("w").GetRawText();
        string other = group is null ? $$"""{"layout":"{{layout}}"}""" : $$"""{"layout":"{{layout}}","group":{{group}}}""";
        File.WriteAllText(packed["sparsellm.json"], json.Replace(entry, other, StringComparison.Ordinal));
        new Action(() => Checkpoint.Open(packed.Path).Dispose())
            .ShouldFailWith(ModelDiagnostics.MalformedPackedFile).Message.ShouldContain("'w");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void A_mask_that_keeps_one_weight_more_or_less_is_an_error(int bits)
    {
        const int Rows = 16;
        const int Columns = 64;
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [Rows, Columns], QuantizedWeights.Random(Rows, Columns, bits, 64, 0.5))]);
        PackedDirectory.Pack(dense.Path, packed.Path);
        long masks;
        using (Checkpoint checkpoint = Checkpoint.Open(packed.Path))
        {
            masks = checkpoint["w"].Packed!.Part(StoredPart.Mask).Offset;
        }

        byte[] bytes = File.ReadAllBytes(packed["model.safetensors"]);
        for (int bit = 0; bit < Rows * Columns; bit += 7)
        {
            byte[] damaged = [.. bytes];
            damaged[masks + bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(packed["model.safetensors"], damaged);
            using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
            new Action(() => checkpoint.Read(checkpoint["w"], 0, new float[Rows * Columns]))
                .ShouldFailWith(ModelDiagnostics.MalformedPackedFile).Message
                .ShouldMatch($"row {bit / Columns} keeps [0-9]+ weights, and ([0-9]+ or )?[0-9]+ codes are stored");
        }
    }

    [Theory]
    [InlineData(0.5, "NaN")]
    [InlineData(0.0, "NaN")]
    [InlineData(0.0, "-Infinity")]
    public void A_scale_that_is_not_finite_is_an_error_of_the_file(double sparsity, string scale)
    {
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [16, 128], QuantizedWeights.Random(16, 128, 4, 64, sparsity))]);
        PackedDirectory.Pack(dense.Path, packed.Path);
        byte[] bytes = File.ReadAllBytes(packed["model.safetensors"]);
        using (Checkpoint intact = Checkpoint.Open(packed.Path))
        {
            int scales = (int)intact["w"].Packed!.Part(StoredPart.Scales).Offset;
            BitConverter.TryWriteBytes(bytes.AsSpan(scales + (5 * 2 + 1) * sizeof(ushort)), Half.Parse(
                scale,
                CultureInfo.InvariantCulture)).ShouldBeTrue();
        }

        File.WriteAllBytes(packed["model.safetensors"], bytes);
        using Checkpoint checkpoint = Checkpoint.Open(packed.Path);
        Diagnostic diagnostic = new Action(() => checkpoint.Read(checkpoint["w"], 0, new float[16 * 128]))
            .ShouldFailWith(ModelDiagnostics.MalformedPackedFile);
        Path.GetFileName(diagnostic.Location!.File).ShouldBe("model.safetensors");
        diagnostic.Message.ShouldStartWith($"tensor 'w': .scales has {scale} for group 1 of row 5");
    }

    [Fact]
    public void Codes_without_the_file_that_says_how_are_an_error()
    {
        SafetensorsFile.Write(
            dense["model.safetensors"],
            ElementType.BF16,
            [("w", [8, 128], QuantizedWeights.Random(8, 128, 4, 64, 0))]);
        PackedDirectory.Pack(dense.Path, packed.Path);
        File.Delete(packed["sparsellm.json"]);
        new Action(() => Checkpoint.Open(packed.Path).Dispose())
            .ShouldFailWith(ModelDiagnostics.MalformedPackedFile).Message.ShouldContain("'w'");
    }

    private void PackAndUnpack()
    {
        PackedDirectory.Pack(dense.Path, packed.Path);
        PackedDirectory.ShouldReadTheSame(packed.Path, dense.Path);
        PackedDirectory.Unpack(packed.Path, unpacked.Path);
        PackedDirectory.ShouldBeSame(unpacked.Path, dense.Path);
    }
}
