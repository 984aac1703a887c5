using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests;

/// <summary>Token ids in NumPy's format, as it writes them and as they come after an accident.</summary>
public sealed class CalibratingOnTokenIds : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("<i8", new byte[] { 7, 0, 0, 0, 0, 0, 0, 0, 0x70, 0x11, 1, 0, 0, 0, 0, 0 }, new[] { 7, 70000 })]
    [InlineData("<u8", new byte[] { 7, 0, 0, 0, 0, 0, 0, 0 }, new[] { 7 })]
    [InlineData("<i4", new byte[] { 7, 0, 0, 0 }, new[] { 7 })]
    [InlineData("<u4", new byte[] { 7, 0, 0, 1 }, new[] { 0x01000007 })]
    [InlineData("<i2", new byte[] { 7, 1 }, new[] { 263 })]
    [InlineData("<u2", new byte[] { 0xFF, 0xFF }, new[] { 65535 })]
    [InlineData("|u1", new byte[] { 0xFF, 1 }, new[] { 255, 1 })]
    public void Integers_of_any_size_are_read(string type, byte[] data, int[] expected) =>
        Read(Write(Header(type, $"({expected.Length},)"), data)).ShouldBe(expected);

    [Fact]
    public void Files_are_joined() =>
        Read(
            Write(Header("<u2", "(1,)"), [3, 0], "a.npy"),
            Write(Header("<i4", "(2,)"), [1, 0, 0, 0, 2, 0, 0, 0], "b.npy")).ShouldBe([3, 1, 2]);

    [Theory]
    [InlineData("(2, 2)")]
    [InlineData("(4L,)")]
    [InlineData("(1, 4, 1)")]
    public void Arrays_of_any_shape_are_read_in_order(string shape)
        => Read(Write(Header("|u1", shape), [4, 3, 2, 1])).ShouldBe([4, 3, 2, 1]);

    [Fact]
    public void Keys_may_come_in_any_order() =>
        Read(Write("{ 'shape': (1,), 'fortran_order': False,'descr': '|u1' }\n", [9])).ShouldBe([9]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_of_the_format_is_read(byte version)
        => Read(Write(Header("|u1", "(1,)"), [9], version: version)).ShouldBe([9]);

    /// <summary>A header, the number of bytes after it, and what the message must say.</summary>
    public static TheoryData<string, int, string> Damaged => new()
    {
        {
            Header("|u1", "(3,)"),
            2,
            "the shape (3,) of the NumPy array does not go with its 2 bytes of 1-byte elements" },
        { Header("|u1", "(3,)"), 4, "does not go with its 4 bytes" },
        { Header("<i4", "(1,)"), 3, "does not go with its 3 bytes of 4-byte elements" },
        { Header("|u1", "()"), 0, "does not go with its 0 bytes" },
        { Header("<i8", "(4294967296, 4294967296)"), 0, "does not go with" },
        { Header("|u1", "(99999999999999999999999999,)"), 1, "does not go with" },
        { Header("<f4", "(1,)"), 4, "the type '<f4'; token ids are little-endian integers" },
        { Header(">i4", "(1,)"), 4, "the type '>i4'" },
        { Header("<i16", "(1,)"), 16, "the type '<i16'" },
        { Header("|b1", "(1,)"), 1, "the type '|b1'" },
        {
            "{'descr': [('a', '<i4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }\n",
            8,
            "describes no plain array" },
        { "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }\n", 4, "in Fortran order" },
        {
            "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n",
            1,
            "describes no plain array" },
        { "{'descr': '|u1', 'shape': (1,), }\n", 1, "describes no plain array" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }\n", 1, "describes no plain array" },
        { "__import__('os')\n", 1, "describes no plain array" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_header_that_cannot_be_gone_by_is_an_error(string header, int length, string message) =>
        ShouldFail(Write(header, new byte[length]), message);

    [Theory]
    [InlineData("no array at all", "not a NumPy array")]
    [InlineData("", "not a NumPy array")]
    [InlineData("\u0093NUMPY\u0001\0\u00FF", "not a NumPy array")]
    [InlineData("\u0093NUMPY\u0004\0\u0001\0\0\0\0\0", "not a NumPy array")]
    [InlineData("\u0093NUMPY\u0001\0\u00FF\u00FF{}{}{}", "longer than the file")]
    [InlineData("\u0093NUMPY\u0002\0\u00FF\u00FF\u00FF\u00FF{}{}{}", "longer than the file")]
    [InlineData("\u0093NUMPY\u0002\0\u00FF\u00FF\u00FF\u007F{}{}{}", "longer than the file")]
    public void What_is_no_array_is_an_error(string bytes, string message)
    {
        File.WriteAllBytes(directory["ids.npy"], Encoding.Latin1.GetBytes(bytes));
        ShouldFail(directory["ids.npy"], message);
    }

    [Theory]
    [InlineData("|i1", new byte[] { 0xFF }, "element 0 is -1")]
    [InlineData("<u4", new byte[] { 0, 0, 0, 0x80 }, "element 0 is 2147483648")]
    [InlineData(
        "<u8",
        new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
        "element 0 is 18446744073709551615")]
    public void A_number_that_is_no_token_id_is_an_error(string type, byte[] data, string message) =>
        ShouldFail(Write(Header(type, "(1,)"), data), message);

    [SkippableFact]
    public void A_file_of_any_size_can_begin_a_text()
    {
        Skip.If(OperatingSystem.IsWindows(), "files with holes need more there");
        string header = Header("|u1", "(3000000000,)");
        using (FileStream file = File.OpenWrite(Write(header, [1, 2, 3])))
        {
            file.SetLength(10 + header.Length + 3_000_000_000);
        }

        TextSource source = new([directory["ids.npy"], directory["ids.npy"]]);
        CalibrationText.ReadIds(source, () => throw new InvalidOperationException("ids need no tokenizer"), count: 4)
            .ShouldBe([1, 2, 3, 0]);
        ShouldFail(directory["ids.npy"], "more than 1000000000 bytes");
    }

    [Fact]
    public void Token_ids_and_text_are_not_mixed()
    {
        File.WriteAllText(directory["a.txt"], "text");
        ShouldFail(Write(Header("|u1", "(1,)"), [1]), "cannot be mixed", directory["a.txt"]);
    }

    private static void ShouldFail(string path, string message, params string[] others)
    {
        var error = Should.Throw<DiagnosticException>(() => Read([.. others, path]));
        error.Diagnostics.Single().Code.ShouldBe("SLM3001");
        error.Message.ShouldStartWith(path);
        error.Message.ShouldContain(message);
    }

    private static int[] Read(params string[] paths) =>
        CalibrationText.ReadIds(
            new TextSource(paths),
            () => throw new InvalidOperationException("ids need no tokenizer"));

    private static string Header(string type, string shape)
        => $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";

    private string Write(string header, byte[] data, string name = "ids.npy", byte version = 1)
    {
        byte[] length = version == 1
            ? BitConverter.GetBytes((ushort)header.Length)
            : BitConverter.GetBytes(header.Length);
        File.WriteAllBytes(
            directory[name],
            [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. data]);
        return directory[name];
    }
}
