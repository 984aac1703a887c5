using System.Diagnostics;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests;

/// <summary>Texts and records as people keep them, and files that only look like texts.</summary>
public sealed class CalibratingOnTexts : IDisposable
{
    private static readonly Lazy<Tokenizer> Tokens = new(() => Tokenizer.Load(Repository.Model("tiny-opt")));

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.ndjson")]
    [InlineData("c4-train.00000-of-01024.json")]
    public void Records_are_joined_by_line_breaks_whatever_their_files_are_called(string name)
    {
        Write(name, "{\"body\": \"one\"}\n\n{\"body\": \"two\", \"score\": NaN}\r\n");
        Write("b.txt", "three");
        Read("body", name, "b.txt").ShouldBe(Encode("one\ntwo\nthree"));
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("wiki.test.raw")]
    [InlineData("README")]
    [InlineData("Program.cs")]
    public void A_name_that_says_nothing_else_is_that_of_a_text(string name)
    {
        Write(name, "{\"text\": \"is the first of two lines\"}\nthat are text");
        Read("text", name).ShouldBe(Encode("{\"text\": \"is the first of two lines\"}\nthat are text"));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_text()
    {
        Write("a.txt", "\uFEFFone ");
        Write("b.txt", "\uFEFFtwo ");
        Write("c.jsonl", "\uFEFF{\"text\": \"three\"}\n");
        Read("text", "a.txt", "b.txt", "c.jsonl").ShouldBe(Encode("one two three\n"));
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_record_is_read_as_the_replacement_character()
    {
        Write("a.jsonl", "{\"text\": \"cut emoji \\ud83d\"}\n");
        Read("text", "a.jsonl").ShouldBe(Encode("cut emoji \uFFFD\n"));
    }

    [Fact]
    public void Records_longer_than_what_is_looked_at_first_are_read()
    {
        string text = string.Concat(Enumerable.Repeat("long text ", 5000));
        Write("a.jsonl", $"{{\"text\": \"{text}\"}}\n");
        Read("text", "a.jsonl").ShouldBe(Encode(text + "\n"));
    }

    /// <summary>The name and content of a file, and where in it what is wrong.</summary>
    public static TheoryData<string, string, string, string> Broken => new()
    {
        { "a.jsonl", "{\"text\": \"one\"}\n{\"body\": \"two\"}\n", "a.jsonl(2,1)", "no string field 'text'" },
        { "a.jsonl", "{\"text\": NaN}\n", "a.jsonl(1,1)", "no string field 'text'" },
        { "a.jsonl", "{\"txet\": \"one\"}\n", "a.jsonl(1,1)", "did you mean 'txet'?" },
        { "a.jsonl", "{\"text\": [\"one\"]}\n", "a.jsonl(1,1)", "write 'text[]' for each of its items" },
        { "a.jsonl", "[\"text\"]\n", "a.jsonl(1,1)", "jq -c .[] FILE" },
        { "a.json", "[{\"text\": \"one\"}]\n", "a.json(1,1)", "jq -c .[] FILE" },
        { "a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"é\" x}\n", "a.jsonl(2,14)", "the line is not a JSON record" },
        { "a.jsonl", "\n\nprose\n", "a.jsonl(3,1)", "the line is not a JSON record" },
        { "a.json", "[\n{\"text\": \"one\"},\n{\"text\": \"two\"}\n]\n", "a.json(1,2)", "jq -c .[] FILE" },
        { "a.json", "{\n  \"text\": \"one\"\n}\n", "a.json(1,2)", "each line must be one" },
        { "a.txt", "one\ntwo é\xFF\n", "a.txt(2,6)", "not UTF-8" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_record_is_an_error_at_its_place(string name, string content, string place, string message)
    {
        // Far enough behind the beginning of a text that only reading it finds it.
        byte[] before = name == "a.txt" ? Encoding.UTF8.GetBytes(new string('x', 20_000)) : [];
        byte[] bytes = [.. content.SelectMany(unit => unit == '\xFF' ? [0xFF] : Encoding.UTF8.GetBytes([unit]))];
        File.WriteAllBytes(directory[name], [.. before, .. bytes]);
        ShouldFail("SLM3001", message, name).ShouldStartWith(directory[place]);
    }

    [Theory]
    [InlineData("x.csv", "id,text\n1,one\n", "a table (.csv) is not read")]
    [InlineData("x.tsv", "id\ttext\n", "a table")]
    [InlineData("x.csv.gz", "id,text", "a table (.csv) is not read")]
    [InlineData("x.txt.xz", "x", "or pack it by gzip (.gz)")]
    [InlineData("x.tar.gz", "x", "an archive (.tar) is not read")]
    [InlineData("x.txt.gz.zst", "x", "compressed twice")]
    [InlineData("x.parquet.gz", "x", "unpack it first")]
    [InlineData("x.npy.zst", "x", "unpack it first")]
    [InlineData("x.npz", "PK", "numpy.save")]
    [InlineData("x.txt", "PK\u0003\u0004\0\0", "binary")]
    [InlineData("x", "\0", "binary")]
    [InlineData("x.jsonl", "\0", "binary")]
    [InlineData("records.txt", "{\"text\": \"one\"}\n{\"text\": \"two\", \"n\": NaN}\n", "let its name end in .jsonl")]
    [InlineData("record.txt", "\uFEFF\n{\"text\": \"one\"}", "let its name end in .jsonl")]
    public void What_is_no_text_is_an_error_that_names_the_remedy(string name, string content, string message)
    {
        Write(name, content);
        ShouldFail("SLM3013", message, name);
    }

    [Fact]
    public void Long_records_called_text_are_seen()
    {
        Write("books.txt", $"{{\"text\": \"{new string('x', 100_000)}\"}}\n");
        ShouldFail("SLM3013", "let its name end in .jsonl", "books.txt");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Text_in_UTF_16_is_an_error_that_says_so(string encoding)
    {
        File.WriteAllText(directory["x.txt"], "text", Encoding.GetEncoding(encoding));
        ShouldFail("SLM3013", "the file is UTF-16", "x.txt");
    }

    [Theory]
    [InlineData("x.txt")]
    [InlineData("x.jsonl")]
    [InlineData("x.npy")]
    public void A_text_that_was_not_fetched_is_an_error_that_says_so(string name)
    {
        Write(name, "version https://git-lfs.github.com/spec/v1\noid "
            + "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 133552\n");
        ShouldFail("SLM3014", "git lfs pull", name);
    }

    [Fact]
    public void A_character_cut_where_looking_ends_is_no_damage()
    {
        for (int before = 16 * 1024 - 4; before <= 16 * 1024; before++)
        {
            Write("x.txt", new string('x', before) + "\U0001F600 and more");
            TextCheck.Require(new TextSource([directory["x.txt"]]));
        }
    }

    [SkippableFact]
    public void Pipes_devices_and_directories_are_refused_at_once()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "there is no such thing here");
        using (Process make = Process.Start("mkfifo", [directory["pipe.txt"]]))
        {
            make.WaitForExit();
        }

        Directory.CreateDirectory(directory["folder.txt"]);
        File.CreateSymbolicLink(directory["zero.txt"], "/dev/zero");
        ShouldFail("SLM3001", "a pipe", "pipe.txt");
        ShouldFail("SLM3001", "a directory", "folder.txt");
        ShouldFail("SLM3001", "a device", "zero.txt");
        ShouldFail("SLM3001", "there is no such file", "missing.txt");
    }

    [SkippableFact]
    public void A_text_that_does_not_fit_into_memory_as_one_is_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "files with holes need more there");
        foreach (string name in (string[])["x.txt", "y.txt"])
        {
            using FileStream file = File.Create(directory[name]);
            file.Write(new byte[20_000].Select(_ => (byte)' ').ToArray());
            file.SetLength(3_000_000_000);
        }

        ShouldFail("SLM3001", "more than 1000000000 bytes", "x.txt");
        File.WriteAllText(directory["y.txt"], "short");
        ShouldFail("SLM3001", "more than 1000000000 bytes", "y.txt", "x.txt").ShouldStartWith(directory["x.txt"]);
    }

    private string ShouldFail(string code, string message, params string[] names)
    {
        var error = Should.Throw<DiagnosticException>(() => Read("text", names));
        error.Diagnostics.Single().Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        return error.Message;
    }

    private static int[] Encode(string text) => Tokens.Value.Encode(text);

    private int[] Read(string field, params string[] names) =>
        CalibrationText.ReadIds(new TextSource([.. names.Select(name => directory[name])], field), () => Tokens.Value);

    private void Write(string name, string content)
        => File.WriteAllText(directory[name], content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
