using System.Text.Json.Nodes;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>A small trained model goes on with a text, until something ends it.</summary>
public sealed class GeneratingText : IDisposable
{
    private const string Prompt = "It was a dark night and";

    private readonly LanguageModel model = LanguageModel.Open(
        Repository.Model("tiny-llama"),
        new LanguageModelOptions { Threads = 2 });
    private readonly TempDirectory directory = new();

    public void Dispose()
    {
        model.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void Greedy_text_is_that_of_the_most_likely_tokens()
    {
        string text = model.Generate(Prompt, new GenerationOptions { MaximumTokens = 12 });
        using TokenSequence sequence = model.NewSequence();
        int[] tokens = model.Tokenizer.Encode(Prompt);
        int[] all = tokens;
        for (int i = 0; i < 12; i++)
        {
            float[] logits = model.Read(sequence, tokens);
            tokens = [Array.IndexOf(logits, logits.Max())];
            all = [.. all, .. tokens];
        }

        (Prompt + text).ShouldBe(model.Tokenizer.Decode(all));
    }

    [Fact]
    public void The_same_seed_gives_the_same_text()
    {
        var options = new GenerationOptions { Temperature = 1, Seed = 4, MaximumTokens = 16 };
        string text = model.Generate(Prompt, options);
        model.Generate(Prompt, options).ShouldBe(text);
        model.Generate(Prompt, options with { Seed = 5 }).ShouldNotBe(text);
    }

    [Fact]
    public void It_ends_with_the_tokens_that_were_asked_for()
    {
        GeneratedText[] pieces = Stream(new GenerationOptions { MaximumTokens = 5 });
        pieces.Select(piece => piece.GeneratedTokens).ShouldBe([1, 2, 3, 4, 5]);
        pieces.ShouldAllBe(piece => piece.PromptTokens == model.Tokenizer.Encode(Prompt, true).Length);
        pieces.Select(piece => piece.End).ShouldBe([null, null, null, null, EndReason.Length]);
    }

    [Fact]
    public void It_ends_when_the_context_is_full()
    {
        using LanguageModel small = LanguageModel.Open(
            model.Directory,
            new LanguageModelOptions { Threads = 2, ContextLength = 16 });
        int[] prompt = small.Tokenizer.Encode(Prompt);
        using TokenSequence sequence = small.NewSequence();
        GeneratedText[] pieces = [.. small.Stream(sequence, prompt)];

        // The last token needs no place any more: nothing follows it.
        pieces[^1].End.ShouldBe(EndReason.Length);
        pieces.Length.ShouldBe(16 - prompt.Length + 1);
        sequence.Length.ShouldBe(16);
    }

    [Fact]
    public void It_ends_before_a_stop_string_even_of_several_tokens()
    {
        string text = model.Generate(Prompt, new GenerationOptions { MaximumTokens = 30 });
        string stop = text[10..15];
        GeneratedText[] pieces = Stream(
            new GenerationOptions { MaximumTokens = 30, StopStrings = ["never there", stop] });
        string.Concat(pieces.Select(piece => piece.Text))
            .ShouldBe(text[..text.IndexOf(stop, StringComparison.Ordinal)]);
        pieces[^1].End.ShouldBe(EndReason.StopString);
        pieces.SkipLast(1).ShouldAllBe(piece => piece.End == null);
        pieces.Length.ShouldBeLessThan(30);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_ends_with_the_models_end_token_which_is_shown_only_where_that_is_asked_for(bool isShown)
    {
        int[] tokens = [.. Tokens(8)];
        foreach (string path in Directory.EnumerateFiles(model.Directory))
        {
            File.Copy(path, directory[Path.GetFileName(path)]);
        }

        // The fourth token ends a text from now on.
        File.WriteAllText(
            directory["generation_config.json"],
            new JsonObject { ["eos_token_id"] = new JsonArray(tokens[3], 2000) }.ToJsonString());
        using LanguageModel ending = LanguageModel.Open(directory.Path, new LanguageModelOptions { Threads = 2 });
        ending.EndTokens.Order().ShouldBe([.. new[] { tokens[3], 2000 }.Order()]);
        GeneratedText[] pieces = [.. ending.Stream(
            ending.Tokenizer.Encode(Prompt),
            new GenerationOptions { MaximumTokens = 8, ShowsSpecialTokens = isShown })];
        pieces[^1].End.ShouldBe(EndReason.EndToken);
        int[] prompt = ending.Tokenizer.Encode(Prompt);
        int shown = Array.IndexOf(tokens, tokens[3]) + (isShown ? 1 : 0);
        (Prompt + string.Concat(pieces.Select(piece => piece.Text))).ShouldBe(
            ending.Tokenizer.Decode([.. prompt, .. tokens[..shown]]));
    }

    [Fact]
    public void It_goes_on_with_a_sequence_as_with_the_whole_text()
    {
        string whole = model.Generate(Prompt, new GenerationOptions { MaximumTokens = 9 });
        using TokenSequence sequence = model.NewSequence();
        int[] prompt = model.Tokenizer.Encode(Prompt);
        model.Read(sequence, prompt[..3]);
        string.Concat(
            model.Stream(sequence, prompt[3..], new GenerationOptions { MaximumTokens = 9 })
                .Select(piece => piece.Text)).ShouldBe(whole);

        // The last token has not been read.
        sequence.Length.ShouldBe(prompt.Length + 8);
        sequence.Clear();
        string.Concat(
            model.Stream(sequence, prompt, new GenerationOptions { MaximumTokens = 9 }).Select(piece => piece.Text))
                .ShouldBe(whole);
    }

    [Fact]
    public async Task It_can_be_called_off_between_tokens()
    {
        using var source = new CancellationTokenSource();
        var pieces = new List<GeneratedText>();
        Should.Throw<OperationCanceledException>(() =>
        {
            foreach (GeneratedText piece in model.Stream(model.Tokenizer.Encode(Prompt), null, source.Token))
            {
                pieces.Add(piece);
                if (pieces.Count == 3)
                {
                    source.Cancel();
                }
            }
        });
        pieces.Count.ShouldBe(3);

        using var late = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (GeneratedText _ in model.StreamAsync(model.Tokenizer.Encode(Prompt), null, late.Token))
            {
                await late.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task Texts_of_several_threads_are_those_that_each_has_alone()
    {
        string[] prompts = ["The king", "Once upon a time", Prompt];
        var options = new GenerationOptions { MaximumTokens = 10 };
        string[] alone = [.. prompts.Select(prompt => model.Generate(prompt, options))];
        string[] together = await Task.WhenAll(
            prompts.Select(prompt => Task.Run(() => model.Generate(prompt, options))));
        together.ShouldBe(alone);
    }

    private IEnumerable<int> Tokens(int count)
    {
        using TokenSequence sequence = model.NewSequence();
        int[] prompt = model.Tokenizer.Encode(Prompt);
        _ = model.Stream(sequence, prompt, new GenerationOptions { MaximumTokens = count + 1 }).Count();
        return [.. sequence.Tokens.Skip(prompt.Length)];
    }

    private GeneratedText[] Stream(GenerationOptions options)
        => [.. model.Stream(model.Tokenizer.Encode(Prompt), options)];
}
