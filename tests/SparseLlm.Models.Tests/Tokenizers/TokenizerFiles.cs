using System.Diagnostics;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>What a file called tokenizer.json can turn out to be.</summary>
public sealed class TokenizerFiles : IDisposable
{
    private const string Minimal
        = """{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}""";

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Byte_order_mark_is_passed_over() => Load("\uFEFF" + Minimal).Encode("ab").ShouldBe([2]);

    [Fact]
    public void Numbers_that_only_Python_writes_are_passed_over_where_nobody_asks_for_them() =>
        Load("""{"truncation": {"max_length": Infinity, "x": NaN, "y": -Infinity}, """ + Minimal[1..]).Encode("ab")
            .ShouldBe([2]);

    [Fact]
    public void Escapes_mean_what_they_stand_for() =>
        Load("""{"model": {"type": "BPE", "vocab": {"\u0061": 0, "\"": 1, "a\u0022": 2, "\ud83d\ude00": 3}, "merges": ["a \""]}}""").Encode("a\"😀").ShouldBe([2, 3]);

    [Fact]
    public void The_last_of_members_with_one_name_counts() =>
        Load("""{"model": 1, "model": {"type": "BPE", "vocab": {"a": 5, "a": 0, "b": 1, "ab": 2}, "merges": []}}""")
            .Encode("ab")
            .ShouldBe([0, 1]);

    [Theory]
    [InlineData("{\"model\": {\"vocab\": {\n \"x\\ud83d\": 1}}}", 2, 4)]
    [InlineData("{\"model\": {\"merges\": [\n \"\\udc00 a\"]}}", 2, 3)]
    [InlineData("{\n\"added_tokens\": [{\"content\": \"\\ud83d\\u0041\"}]}", 2, 31)]
    public void Half_of_a_surrogate_pair_is_an_error_with_its_place(string json, int line, int column)
    {
        Diagnostic error = ShouldFail(json, "SLM2102", "half of a surrogate pair; correct it");
        (error.Location!.Line, error.Location.Column).ShouldBe((line, column));
    }

    [Fact]
    public void Text_that_is_not_UTF_8_is_an_error_with_its_place()
    {
        byte[] json = Encoding.UTF8.GetBytes(Minimal.Replace("\"a\"", "\n\"?\""));
        json[Array.IndexOf(json, (byte)'?')] = 0xFF;
        File.WriteAllBytes(directory["tokenizer.json"], json);
        Diagnostic error = ShouldFail("SLM2102", "not valid UTF-8");
        (error.Location!.Line, error.Location.Column).ShouldBe((2, 2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"model\": {\"vocab\": {\"a\": 0,")]
    [InlineData("{\"model\": {\"type\": \"BP")]
    public void File_without_its_end_is_to_be_downloaded_again(string json)
        => ShouldFail(json, "SLM2102", "it ends too early, so download it again");

    [Theory]
    [InlineData("{\"model\": ?}", "invalid start of a value")]
    [InlineData("{\"model\": 1e}", "not valid JSON")]
    [InlineData("{\"a\": 1}}", "not valid JSON")]
    [InlineData("<!doctype html>", "invalid start of a value")]
    public void Mistake_in_the_middle_is_to_be_corrected(string json, string message)
    {
        string text = ShouldFail(json, "SLM2102", message).Message;
        text.ShouldContain("; correct it");
        text.ShouldNotContain("download");
        text.ShouldNotContain("LineNumber");
    }

    [Fact]
    public void Nesting_without_end_is_an_error()
        => ShouldFail(new string('[', 100_000) + new string(']', 100_000), "SLM2102", "depth");

    [Theory]
    [InlineData("1e999")]
    [InlineData("99999999999999999999")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("NaN")]
    public void Number_that_is_no_id_is_an_error(string number) =>
        ShouldFail(
            $$$"""{"model": {"type": "BPE", "vocab": {"a": {{{number}}} }, "merges": []}}""",
            "SLM2102",
            "'model.vocab.a' must be an integer");

    [Fact]
    public void Pointer_of_git_lfs_is_an_error_that_says_what_to_run() => ShouldFail(
        "version https://git-lfs.github.com/spec/v1\noid "
        + "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 133552\n",
        "SLM2102",
        "run 'git lfs pull'");

    [Fact]
    public void File_too_large_for_a_tokenizer_is_not_read()
    {
        using (FileStream file = File.Create(directory["tokenizer.json"]))
        {
            file.SetLength(1L << 33);
        }

        ShouldFail("SLM2102", "8589934592 bytes");
    }

    [SkippableFact]
    public void Pipe_is_refused_and_not_waited_for()
    {
        Skip.If(OperatingSystem.IsWindows());
        Process.Start("mkfifo", directory["tokenizer.json"]).WaitForExit();
        ShouldFail("SLM2102", "a pipe and not a regular file");
    }

    [SkippableFact]
    public void Device_is_refused_and_not_read_without_end()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        File.CreateSymbolicLink(directory["tokenizer.json"], "/dev/zero");
        ShouldFail("SLM2102", "a device");
    }

    [Fact]
    public void Directory_in_its_place_is_refused()
    {
        Directory.CreateDirectory(directory["tokenizer.json"]);
        ShouldFail("SLM2102", "a directory");
    }

    private Tokenizer Load(string json)
    {
        File.WriteAllText(directory["tokenizer.json"], json);
        return Tokenizer.Load(directory.Path);
    }

    private Diagnostic ShouldFail(string json, string code, string message)
    {
        File.WriteAllText(directory["tokenizer.json"], json);
        return ShouldFail(code, message);
    }

    private Diagnostic ShouldFail(string code, string message)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Tokenizer.Load(directory.Path)).Diagnostics
            .ShouldHaveSingleItem();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain(message);
        diagnostic.Location!.File.ShouldBe(directory["tokenizer.json"]);
        return diagnostic;
    }
}
