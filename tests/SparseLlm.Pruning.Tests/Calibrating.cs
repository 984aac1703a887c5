using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests;

public sealed class Calibrating
{
    private static readonly SourceLocation Here = new("text.txt");

    [Fact]
    public void Sequential_windows_are_the_first_of_the_text()
    {
        CalibrationTokens tokens = Cut(100, new CalibrationSettings { Samples = 3, SequenceLength = 10 });
        tokens.Ids.ShouldBe(Enumerable.Range(0, 30));
        tokens.Windows.ShouldBe(3);
    }

    [Fact]
    public void Random_windows_depend_on_the_seed_alone()
    {
        CalibrationTokens Draw(int seed) =>
            Cut(1000, new CalibrationSettings { Samples = 5, SequenceLength = 10, Sampling = Sampling.Random, Seed = seed });
        Draw(1).Ids.ShouldBe(Draw(1).Ids);
        Draw(1).Ids.ShouldNotBe(Draw(2).Ids);
        Draw(1).Ids.Chunk(10).ShouldAllBe(window => window.SequenceEqual(Enumerable.Range(window[0], 10)));
    }

    [Fact]
    public void The_default_window_is_the_models_maximum_up_to_2048()
    {
        Cut(5000, new CalibrationSettings { Samples = 1 }, modelMaximum: 256).SequenceLength.ShouldBe(256);
        Cut(5000, new CalibrationSettings { Samples = 1 }, modelMaximum: 4096).SequenceLength.ShouldBe(2048);
    }

    [Theory]
    [InlineData(9, 1, "SLM3002", "fewer than one window of 10")]
    [InlineData(25, 3, "SLM3002", "samples: 2")]
    public void A_text_that_is_too_short_is_an_error(int length, int samples, string code, string message)
    {
        var error = Should.Throw<DiagnosticException>(() => Cut(length, new CalibrationSettings { Samples = samples, SequenceLength = 10 }));
        error.Diagnostics.Single().Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        error.Message.ShouldStartWith("text.txt: error");
    }

    [Fact]
    public void A_window_longer_than_the_model_allows_is_an_error() =>
        Should.Throw<DiagnosticException>(() => Cut(1000, new CalibrationSettings { Samples = 1, SequenceLength = 300 }, modelMaximum: 256))
            .Diagnostics.Single().Code.ShouldBe("SLM3003");

    [Fact]
    public void Token_ids_are_read_from_numpy_files()
    {
        using var directory = new TempDirectory();
        WriteNpy(directory["ids.npy"], "<i8", BitConverter.GetBytes(7L), BitConverter.GetBytes(70000L));
        WriteNpy(directory["more.npy"], "<u2", BitConverter.GetBytes((ushort)3));
        ReadIds(directory["ids.npy"], directory["more.npy"]).ShouldBe([7, 70000, 3]);
    }

    [Fact]
    public void Damaged_token_id_files_are_errors()
    {
        using var directory = new TempDirectory();
        WriteNpy(directory["floats.npy"], "<f4", BitConverter.GetBytes(1f));
        WriteNpy(directory["negative.npy"], "<i8", BitConverter.GetBytes(-1L));
        File.WriteAllText(directory["text.npy"], "no array at all");
        foreach (string name in (string[])["floats.npy", "negative.npy", "text.npy", "missing.npy"])
        {
            var error = Should.Throw<DiagnosticException>(() => ReadIds(directory[name]));
            error.Diagnostics.Single().Code.ShouldBe("SLM3001");
            error.Message.ShouldContain(name);
        }
    }

    [Fact]
    public void Records_of_jsonl_files_are_joined_by_line_breaks()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["a.jsonl"], "{\"body\": \"one\"}\n\n{\"body\": \"two\", \"n\": 1}\n");
        File.WriteAllText(directory["b.txt"], "three");
        int[] joined = CalibrationText.ReadIds(new TextSource([directory["a.jsonl"], directory["b.txt"]], "body"), Load);
        joined.ShouldBe(Load().Encode("one\ntwo\nthree"));
    }

    [Fact]
    public void A_record_without_the_field_is_an_error_with_its_line()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["a.jsonl"], "{\"text\": \"one\"}\n{\"body\": \"two\"}\n");
        Should.Throw<DiagnosticException>(() => CalibrationText.ReadIds(new TextSource([directory["a.jsonl"]]), Load))
            .Message.ShouldContain("a.jsonl(2,1)");
    }

    [Fact]
    public void Text_that_is_not_utf8_is_an_error()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["latin.txt"], [0x63, 0xe9, 0x20]);
        Should.Throw<DiagnosticException>(() => CalibrationText.ReadIds(new TextSource([directory["latin.txt"]]), Load))
            .Message.ShouldContain("not UTF-8");
    }

    private static Tokenizer Load() => Tokenizer.Load(Repository.Model("tiny-opt"));

    private static CalibrationTokens Cut(int length, CalibrationSettings settings, int modelMaximum = 256) =>
        CalibrationTokens.Cut([.. Enumerable.Range(0, length)], settings, modelMaximum, Here);

    private static int[] ReadIds(params string[] paths) =>
        CalibrationText.ReadIds(new TextSource(paths), () => throw new InvalidOperationException("ids need no tokenizer"));

    private static void WriteNpy(string path, string type, params byte[][] elements)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({elements.Length},), }}".PadRight(117) + "\n";
        File.WriteAllBytes(path, [
            0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)header.Length), .. Encoding.ASCII.GetBytes(header), .. elements.SelectMany(bytes => bytes)]);
    }
}
