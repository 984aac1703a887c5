using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Gguf;

public sealed class ReadingFiles : IDisposable
{
    private const uint UInt16 = 2;
    private const uint UInt32 = 4;
    private const uint Text = 8;
    private const uint Array = 9;

    private readonly TempDirectory directory = new();

    private string FilePath => directory["model.gguf"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Metadata_and_values_come_out_as_they_were_written()
    {
        File.WriteAllBytes(FilePath, Good().Build());
        using GgufFile file = GgufFile.Open(FilePath);

        file.Metadata["general.architecture"].ShouldBe("llama");
        file.Metadata["tokenizer.ggml.tokens"].ShouldBe(new[] { "a", "b" });
        file.Metadata["llama.block_count"].ShouldBe(2u);
        float[] values = new float[3];
        file.Read(file.Tensors[0], 1, values);
        values.ShouldBe([2f, 3f, 4f]);
        file.Tensors[0].Dimensions.ShouldBe([2L, 2L]);
    }

    [Fact]
    public void Blocks_come_out_as_what_their_codes_stand_for()
    {
        byte[] block = [.. BitConverter.GetBytes((Half)0.5f), .. Enumerable.Range(0, 32)
            .Select(i => (byte)(sbyte)(i - 16))];
        File.WriteAllBytes(FilePath, new GgufBytes().Tensor("w", 8, [32, 2], [.. block, .. block]).Build());
        using GgufFile file = GgufFile.Open(FilePath);

        float[] row = new float[32];
        file.Read(file.Tensors[0], 32, row);
        row.ShouldBe(Enumerable.Range(0, 32).Select(i => (i - 16) * 0.5f));
    }

    [Fact]
    public void A_type_that_nobody_here_knows_can_be_passed_over_and_not_read()
    {
        File.WriteAllBytes(FilePath, new GgufBytes().Tensor("new", 77, [2, 2], new byte[16])
            .Tensor("old", 0, [1], BitConverter.GetBytes(1f))
            .Build());
        using GgufFile file = GgufFile.Open(FilePath);

        file.Tensors[0].StoredLength.ShouldBe(32);
        Action read = () => file.Read(file.Tensors[0], 0, new float[2]);
        read.ShouldFailWith(GgufDiagnostics.UnreadableType).Message.ShouldContain("stored as type 77");
        file.Read(file.Tensors[1], 0, new float[1]);
    }

    [Fact]
    public void Parts_are_one_model()
    {
        WritePart(0, 2, "a");
        WritePart(1, 2, "b");
        using GgufFile file = GgufFile.Open(PartPath(0));

        file.Tensors.Select(tensor => tensor.Name).ShouldBe(["a", "b"]);
        float[] value = new float[1];
        file.Read(file.Tensors[1], 0, value);
        value[0].ShouldBe(1);
    }

    [Fact]
    public void A_part_that_is_not_the_first_names_the_first()
    {
        WritePart(1, 2, "b");
        ShouldBeMalformed(PartPath(1), "name the first, '" + PartPath(0));
    }

    [Fact]
    public void A_part_of_another_model_is_an_error()
    {
        WritePart(0, 2, "a");
        WritePart(1, 2, "a");
        ShouldBeMalformed(PartPath(0), "'a' is in another part already");
        File.WriteAllBytes(PartPath(1), Good().Build());
        ShouldBeMalformed(PartPath(0), "does not say that it is part 2 of 2");
    }

    public static TheoryData<byte[], string> Bad => new()
    {
        { [], "does not begin as GGUF files do" },
        { "<html>"u8.ToArray(), "web page" },
        { new GgufBytes { Version = 1 }.Build(), "version 1" },
        { new GgufBytes { Version = 4 }.Build(), "version 4 of GGUF" },
        { new GgufBytes { Version = 3u << 24 }.Build(), "big-endian" },
        { Good().Build()[..110], "are too few" },
        { Good().Build(pairs: ulong.MaxValue), "pairs of metadata, for which" },
        { Good().Build(tensors: ulong.MaxValue), "more tensors than 500000" },
        { Good().Build(tensors: 1000), "1000 tensors, for which" },
        { new GgufBytes().Pair("a", UInt32, 1u).Pair("a", UInt32, 1u).Build(), "the key 'a' is there twice" },
        { new GgufBytes().Pair("a", 13, 1u).Build(), "a value of type 13" },
        { new GgufBytes().Pair("a", 7, (byte)2).Build(), "neither true nor false" },
        { new GgufBytes().Pair("a", Text, ulong.MaxValue).Build(), "bytes of a text, for which" },
        { new GgufBytes().Pair("a", Array, UInt32, 1UL << 61).Build(), "elements, for which" },
        { new GgufBytes().Pair("a", Array, Text, 1UL << 40).Build(), "texts, for which" },
        { new GgufBytes().Pair("a", Array, Array, 1UL).Build(), "array of arrays" },
        { new GgufBytes().Pair("general.alignment", UInt32, 48u).Build(), "power of two" },
        {
            new GgufBytes().Tensor("w", 0, [1], new byte[4]).Tensor("w", 0, [1], new byte[4]).Build(),
            "'w' is there twice" },
        { new GgufBytes().Tensor("w", 0, [1, 1, 1, 1, 1], new byte[4]).Build(), "5 dimensions" },
        { new GgufBytes().Tensor("w", 0, [0], new byte[4]).Build(), "a dimension of 0" },
        { new GgufBytes().Tensor("w", 0, [1 << 30, 1 << 30, 1 << 30], new byte[4]).Build(), "no tensor of this size" },
        { new GgufBytes().Tensor("w", 8, [33], new byte[64]).Build(), "not whole blocks of Q8_0" },
        { new GgufBytes().Tensor("w", 0, [1], new byte[4], offset: 8).Build(), "not a multiple of 32" },
        { new GgufBytes().Tensor("w", 0, [100], new byte[4]).Build(), "ends beyond the end of the file" },
        { new GgufBytes().Tensor("w", 0, [1], new byte[4], offset: 1 << 20).Build(), "beyond the end of the file" },
        {
            new GgufBytes().Tensor("a", 0, [10], new byte[40]).Tensor("b", 0, [1], new byte[4], offset: 32).Build(),
            "overlaps" },
        {
            new GgufBytes().Pair("split.count", UInt16, (ushort)2).Build(),
            "its name does not end in -00001-of-00002.gguf" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_breaks_the_format_is_an_error(byte[] bytes, string problem)
    {
        File.WriteAllBytes(FilePath, bytes);
        ShouldBeMalformed(FilePath, problem);
    }

    private static GgufBytes Good() => new GgufBytes()
        .Pair("general.architecture", Text, "llama")
        .Pair("llama.block_count", UInt32, 2u)
        .Pair("tokenizer.ggml.tokens", Array, Text, 2UL, "a", "b")
        .Tensor("w", 0, [2, 2], [.. new[] { 1f, 2f, 3f, 4f }.SelectMany(BitConverter.GetBytes)]);

    private string PartPath(int part) => directory[$"model-0000{part + 1}-of-00002.gguf"];

    private void WritePart(ushort number, ushort count, string tensor) => File.WriteAllBytes(
        PartPath(number),
        new GgufBytes().Pair("split.no", UInt16, number).Pair("split.count", UInt16, count)
            .Tensor(tensor, 0, [1], BitConverter.GetBytes((float)number))
            .Build());

    private static void ShouldBeMalformed(string path, string problem)
    {
        Action open = () => GgufFile.Open(path).Dispose();
        Diagnostic diagnostic = open.ShouldFailWith(GgufDiagnostics.Malformed);
        diagnostic.Message.ShouldContain(problem);
        diagnostic.Location!.File.ShouldStartWith(Path.GetDirectoryName(path)!);
    }
}
