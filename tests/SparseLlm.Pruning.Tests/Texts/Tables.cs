using System.Text.Json;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>Columns of Parquet files are read as the fields of JSON lines with the same records are.</summary>
public sealed class Tables : IDisposable
{
    private static readonly Record[] Records =
    [
        new()
        {
            Id = 1,
            Text = "A river.",
            Meta = new() { Body = "of water" },
            Lines = ["one", "two"],
            Messages = [new() { Role = "user", Content = "Hi" }, new() { Role = "assistant", Content = "Hello" }]
        },
        new() { Id = 2, Text = null, Meta = null, Lines = [], Messages = [] },
        new() { Id = 3, Text = "", Meta = new() { Body = null }, Lines = null, Messages = null },
        new()
        {
            Id = 4,
            Text = "réed \U0001F600",
            Meta = new() { Body = "b" },
            Lines = ["three"],
            Messages = [new() { Role = "user", Content = "Bye" }]
        },
        .. Enumerable.Range(5, 400).Select(i => new Record
        {
            Id = i,
            Text = $"word {i % 7}",
            Meta = new() { Body = $"{i}" },
            Lines = [.. Enumerable.Range(0, i % 4).Select(line => $"line {line}")],
            Messages = [new() { Role = "user", Content = $"{i}" }]
        }),
    ];

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<CompressionMethod> Methods => [CompressionMethod.None, CompressionMethod.Snappy,
        CompressionMethod.Gzip, CompressionMethod.Zstd, CompressionMethod.Brotli];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task The_same_records_give_the_same_ids_in_either_form(CompressionMethod method)
    {
        await Write(
            "a.parquet",
            new ParquetOptions { CompressionMethod = method, RowGroupSize = 100, DictionaryEncodingThreshold = 0.9 });
        File.WriteAllLines(folder["a.jsonl"], Records.Select(record => JsonSerializer.Serialize(record)));
        foreach (string field in (string[])["Text", "Meta.Body", "Lines[]", "Messages[].Content"])
        {
            foreach (TextSource source in (TextSource[])[new([], field), new([], field)
            {
                Join = "\n\n"
            }, new([], field) { Records = 3 }])
            {
                int[] ids = TextFolder.Read(source with { Paths = [folder["a.parquet"]] });
                ids.ShouldBe(TextFolder.Read(source with { Paths = [folder["a.jsonl"]] }), field);
                ids.Length.ShouldBeGreaterThan(5);
            }
        }
    }

    [Theory]
    [InlineData("Txet", "there is no column 'Txet'; did you mean 'Text'?")]
    [InlineData(
        "content",
        "there is no column 'content'; it has Text, Meta.Body, Lines[], Messages[].Role, Messages[].Content")]
    [InlineData("Id", "the column 'Id' does not hold text")]
    [InlineData("Meta", "the column 'Meta' has columns in it; write 'Meta.Body'")]
    [InlineData("Messages", "the column 'Messages' is a list; write 'Messages[].Role' or 'Messages[].Content'")]
    [InlineData("Lines", "the column 'Lines' is a list; write 'Lines[]'")]
    [InlineData("Text[]", "there is no column 'Text[]'")]
    public async Task A_column_that_is_none_of_text_is_an_error_that_names_those_that_are(string field, string message)
    {
        await Write("a.parquet", new ParquetOptions());
        Diagnostic problem = TextFolder.ShouldFail(
            folder.Source("a.parquet") with { Field = field },
            "SLM3001",
            message);
        TextCheck.Find(folder.Source("a.parquet") with { Field = field }).Single().Message.ShouldBe(problem.Message);
    }

    [Fact]
    public async Task A_table_without_text_is_an_error()
    {
        await using (FileStream file = File.Create(folder["a.parquet"]))
        {
            var column = new DataField<int>("text");
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(column), file);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<int>(column, new[] { 1, 2 });
        }

        TextFolder.ShouldFail(folder.Source("a.parquet"), "SLM3001", "the file has no column of text");
    }

    [Theory]
    [InlineData("")]
    [InlineData("PAR1")]
    [InlineData("a river, and no table at all")]
    [InlineData("PAR1\u0001\u0002\u0003\u0004PAR1")]
    public void What_is_no_table_is_an_error(string content)
    {
        folder.Write("a.parquet", content);
        TextFolder.ShouldFail(folder.Source("a.parquet"), "SLM3001", "the Parquet file cannot be read").Location!.File
            .ShouldBe(folder["a.parquet"]);
    }

    [Fact]
    public async Task A_table_that_is_cut_off_or_damaged_is_an_error()
    {
        await Write("a.parquet", new ParquetOptions());
        byte[] whole = File.ReadAllBytes(folder["a.parquet"]);
        foreach (int length in (int[])[whole.Length - 1, whole.Length / 2, 20])
        {
            File.WriteAllBytes(folder["a.parquet"], whole[..length]);
            TextFolder.ShouldFail(
                folder.Source("a.parquet") with { Field = "Text" },
                "SLM3001",
                "the Parquet file cannot be read");
        }

        File.WriteAllBytes(folder["a.parquet"], [.. whole[..(whole.Length / 8)], .. new byte[whole.Length
            / 2], .. whole[(whole.Length / 8 + whole.Length / 2)..]]);
        TextFolder.ShouldFail(
            folder.Source("a.parquet") with { Field = "Text" },
            "SLM3001",
            "the Parquet file cannot be read");
    }

    [Fact]
    public async Task Rows_behind_those_that_are_needed_are_not_read()
    {
        await Write("a.parquet", new ParquetOptions { RowGroupSize = 100 });
        byte[] bytes = File.ReadAllBytes(folder["a.parquet"]);
        bytes.AsSpan(bytes.Length / 2, bytes.Length / 4).Clear();
        File.WriteAllBytes(folder["a.parquet"], bytes);
        TextSource source = folder.Source("a.parquet") with { Field = "Text" };
        Should.Throw<DiagnosticException>(() => TextFolder.Read(source));
        TextFolder.Read(source with { Records = 20 }).ShouldBe(TextFolder.Encode(
            string.Concat(Records.Select(record => record.Text).OfType<string>().Take(20)
                .Select(text => text + "\n"))));
    }

    private async Task Write(string name, ParquetOptions options)
    {
        await using FileStream file = File.Create(folder[name]);
        await ParquetSerializer.SerializeAsync(Records, file, options);
    }

    public sealed record Record
    {
        public int Id { get; set; }

        public string? Text { get; set; }

        public Inner? Meta { get; set; }

        public List<string>? Lines { get; set; }

        public List<Message>? Messages { get; set; }
    }

    public sealed record Inner
    {
        public string? Body { get; set; }
    }

    public sealed record Message
    {
        public string? Role { get; set; }

        public string? Content { get; set; }
    }
}
