using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>Texts that are compressed as a whole are read as if they were not.</summary>
public sealed class PackedTexts : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.txt.gz")]
    [InlineData("a.txt.zst")]
    [InlineData("a.gz")]
    [InlineData("wiki.train.raw.GZ")]
    public void Plain_text(string name)
    {
        File.WriteAllBytes(folder[name], Path.GetExtension(name) == ".zst"
            ? new ZstdSharp.Compressor().Wrap("\uFEFFa river, a réed"u8).ToArray()
            : TextFolder.Gzip("\uFEFFa river, a réed"u8.ToArray()));
        TextFolder.Read(folder.Source(name)).ShouldBe(TextFolder.Encode("a river, a réed"));
    }

    [Theory]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.ndjson.zst")]
    [InlineData("c4-train.00000-of-01024.json.gz")]
    public void Records(string name)
    {
        folder.Write(name, "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");
        TextFolder.Read(folder.Source(name)).ShouldBe(TextFolder.Encode("one\ntwo\n"));
    }

    [Fact]
    public void Several_members_of_gzip_are_one_text()
    {
        File.WriteAllBytes(
            folder["a.txt.gz"],
            [.. TextFolder.Gzip("one "u8.ToArray()), .. TextFolder.Gzip("two"u8.ToArray())]);
        TextFolder.Read(folder.Source("a.txt.gz")).ShouldBe(TextFolder.Encode("one two"));
    }

    [Fact]
    public void Several_frames_of_Zstandard_are_one_text()
    {
        File.WriteAllBytes(
            folder["a.txt.zst"],
            [.. new ZstdSharp.Compressor().Wrap("one "u8), .. new ZstdSharp.Compressor().Wrap("two"u8)]);
        TextFolder.Read(folder.Source("a.txt.zst")).ShouldBe(TextFolder.Encode("one two"));
    }

    [Theory]
    [InlineData("a.txt.gz")]
    [InlineData("a.txt.zst")]
    [InlineData("a.jsonl.gz")]
    public void A_file_that_is_cut_off_or_not_packed_is_an_error(string name)
    {
        folder.Write(name, string.Join(
            '\n',
            Enumerable.Range(0, 20_000).Select(i => $"{{\"text\": \"{i * 7919L % 1_000_003}\"}}"))
                .Replace("{", name.Contains("json") ? "{" : "("));
        byte[] whole = File.ReadAllBytes(folder[name]);
        File.WriteAllBytes(folder[name], whole[..^(whole.Length / 4)]);
        TextFolder.ShouldFail(folder.Source(name), "SLM3001", "is damaged, cut off or packed by something else")
            .Location!.File.ShouldBe(folder[name]);

        File.WriteAllText(folder[name], "a river");
        TextFolder.ShouldFail(folder.Source(name), "SLM3001", "is damaged, cut off or packed by something else");
    }

    [Theory]
    [InlineData("a.txt.gz", "SLM3013", "binary", "\0")]
    [InlineData("a.txt.zst", "SLM3013", "let its name end in .jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n")]
    [InlineData("a.jsonl.gz", "SLM3001", "no string field 'text'", "{\"body\": \"one\"}\n")]
    public void What_is_in_the_file_is_looked_at(string name, string code, string message, string content)
    {
        folder.Write(name, content);
        TextCheck.Find(folder.Source(name)).Single().Code.ShouldBe(code);
        TextFolder.ShouldFail(folder.Source(name), code, message);
    }

    [Theory]
    [InlineData("a.txt.gz")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.txt.zst")]
    public void A_file_that_unpacks_to_more_than_is_read_is_an_error(string name)
    {
        // 16 MB are packed into as many kilobytes.
        folder.Write(
            name,
            name.Contains("json") ? $"{{\"text\": \"{new string('x', 1 << 24)}\"}}" : new string('x', 1 << 24));
        new FileInfo(folder[name]).Length.ShouldBeLessThan(200_000);
        var pieces = new TextPieces(folder.Source(name), isWhole: true, most: 10_000_000);
        var error = Should.Throw<DiagnosticException>(() => pieces.Texts().Sum(piece => piece.Length));
        error.Diagnostics.Single().Code.ShouldBe("SLM3001");
        error.Message.ShouldContain("more than 10000000 bytes");
    }

    [Fact]
    public void Characters_and_lines_that_lie_across_blocks_are_whole()
    {
        string text = string.Concat(Enumerable.Range(0, 120_000).Select(i => i % 7 == 0 ? "\U0001F600é" : "wörd\n "));
        folder.Write("a.txt", text);
        string.Concat(new TextPieces(folder.Source("a.txt"), isWhole: true).Texts()).ShouldBe(text);

        folder.Write("b.jsonl", string.Concat(Enumerable.Range(0, 3000).Select(i => $"{{\"text\": \"{i} é\"}}\r\n\n"))
            + "{\"text\": \"last\"}");
        string[] texts = [.. new TextPieces(folder.Source("b.jsonl") with { Join = "|" }, isWhole: true).Texts()];
        string.Concat(texts).ShouldBe(string.Join('|', Enumerable.Range(0, 3000).Select(i => $"{i} é").Append("last")));
    }
}
