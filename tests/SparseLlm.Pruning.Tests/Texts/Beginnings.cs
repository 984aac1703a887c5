using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>Where the first tokens of a text are all that is needed, no more of it is read, and they are those of the
/// whole.</summary>
public sealed class Beginnings : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    // tiny-opt cuts words before it merges, tiny-llama merges over the whole text.
    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void The_first_ids_of_a_beginning_are_those_of_the_whole_text_wherever_it_ends(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        string text = File.ReadAllText(Repository.Text("sample-calibration.txt"))[..6000]
            + "  \n\n \t word   \n</s> é\U0001F600\U0001F600 aaaaaaaaaaaa"
            + new string(' ', 50)
            + "end";
        int[] whole = tokenizer.Encode(text);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            int end = i < 150 ? text.Length - i : random.Next(text.Length);
            int[] ids = tokenizer.EncodeBeginning(text[..end]);
            ids.ShouldBe(whole[..ids.Length]);
            if (end > 3000)
            {
                ids.Length.ShouldBeGreaterThan(whole.Length / 3);
            }
        }
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Nothing_is_read_behind_what_is_needed(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        string text = File.ReadAllText(Repository.Text("sample-calibration.txt"));
        byte[] broken = [0xFF, 0xFE, 0, 0];
        folder.WriteBytes("a.txt", [.. Encoding.UTF8
            .GetBytes(string.Concat(Enumerable.Repeat(text, 1 + (5_000_000 / text.Length)))), .. broken]);
        folder.Write("b.jsonl", string.Concat(Enumerable.Repeat(
            $"{{\"text\": {System.Text.Json.JsonSerializer.Serialize(text)}}}\n",
            1 + (5_000_000 / text.Length))) + "no record");
        byte[] packed = TextFolder.Gzip(File.ReadAllBytes(folder["b.jsonl"]));
        File.WriteAllBytes(folder["c.jsonl.gz"], packed[..(packed.Length / 2)]);
        foreach (string name in (string[])["a.txt", "b.jsonl", "c.jsonl.gz"])
        {
            int[] whole = tokenizer.Encode(string.Concat(Enumerable.Repeat(name == "a.txt" ? text : text + "\n", 4)));
            const int Count = 3000;
            int[] ids = CalibrationText.ReadIds(folder.Source(name), () => tokenizer, count: Count);
            ids[..Count].ShouldBe(whole[..Count]);
            Should.Throw<DiagnosticException>(() => CalibrationText.ReadIds(folder.Source(name), () => tokenizer))
                .Diagnostics
                .Single()
                .Code
                .ShouldBe("SLM3001");
        }
    }

    [Fact]
    public void A_text_that_has_fewer_tokens_than_are_needed_is_read_to_its_end()
    {
        folder.Write("a.txt", "a river, and a reed");
        TextFolder.Read(folder.Source("a.txt"), count: 1000).ShouldBe(TextFolder.Encode("a river, and a reed"));
    }

    [SkippableFact]
    public void A_file_of_any_size_can_begin_a_text()
    {
        Skip.If(OperatingSystem.IsWindows(), "files with holes need more there");
        using (FileStream file = File.Create(folder["a.txt"]))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a river, and a reed. ", 20_000))));
            file.SetLength(3_000_000_000);
        }

        TextFolder.Read(folder.Source("a.txt"), count: 100)[..100]
            .ShouldBe(TextFolder.Encode(string.Concat(Enumerable.Repeat("a river, and a reed. ", 100)))[..100]);
    }
}
