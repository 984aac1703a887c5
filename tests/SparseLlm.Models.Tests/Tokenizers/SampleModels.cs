using System.Text.Json;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

public class SampleModels
{
    [Theory]
    [InlineData("tiny-opt", "reference.json")]
    [InlineData("tiny-opt", "reference-sample.json")]
    [InlineData("tiny-llama", "reference.json")]
    [InlineData("tiny-llama", "reference-sample.json")]
    public void Prompts_have_the_tokens_of_the_reference(string model, string file)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        foreach (JsonElement prompt in SampleFiles.Reference(model, file).GetProperty("prompts").EnumerateArray())
        {
            int[] ids = tokenizer.Encode(prompt.GetProperty("prompt").GetString()!);
            ids.ShouldBe(prompt.GetProperty("ids").Integers());
            ids.Select(tokenizer.Token)
                .ShouldBe(prompt.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()));
        }
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Texts_are_encoded_and_decoded_as_in_the_reference(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        JsonElement tests = SampleFiles.Reference(model, "reference.json").GetProperty("tokenizer_tests");
        tests.GetArrayLength().ShouldBe(12);
        foreach (JsonElement test in tests.EnumerateArray())
        {
            int[] ids = tokenizer.Encode(test.GetProperty("text").GetString()!);
            ids.ShouldBe(test.GetProperty("ids").Integers());
            tokenizer.Decode(ids).ShouldBe(test.GetProperty("decoded_skip_special").GetString());
        }
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void The_sample_text_has_the_tokens_of_the_reference(string model) =>
        ShouldEncodeAsReference(model, "reference-sample.json", Repository.Text("sample-eval.txt"));

    [SkippableTheory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void A_book_has_the_tokens_of_the_reference(string model)
    {
        string book = Path.Combine(Repository.RequireBooks(), "eval.txt");
        ShouldEncodeAsReference(model, "reference.json", book);
    }

    [Theory]
    [InlineData("tiny-opt", "</s>")]
    [InlineData("tiny-llama", "<s>")]
    public void Special_tokens_are_added_only_when_asked_for(string model, string beginning)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        int[] with = tokenizer.Encode("a king");
        with[0].ShouldBe(tokenizer.Id(beginning)!.Value);
        tokenizer.Encode("a king", addSpecialTokens: false).ShouldBe(with[1..]);
        tokenizer.Decode(with, skipSpecialTokens: false).ShouldStartWith(beginning);
        tokenizer.Decode(with).ShouldBe("a king");
    }

    [Fact]
    public void The_vocabulary_maps_ids_to_tokens_and_back()
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model("tiny-llama"));
        tokenizer.VocabularySize.ShouldBe(2048);
        Enumerable.Range(0, 2048).ShouldAllBe(id => tokenizer.Id(tokenizer.Token(id)!) == id);
        tokenizer.Token(2048).ShouldBeNull();
        tokenizer.Token(-1).ShouldBeNull();
        tokenizer.Id("no such token").ShouldBeNull();
    }

    private static void ShouldEncodeAsReference(string model, string file, string text)
    {
        JsonElement expected = SampleFiles.Reference(model, file).GetProperty("perplexity");
        int[] ids = Tokenizer.Load(Repository.Model(model)).Encode(File.ReadAllText(text));
        ids.Length.ShouldBe(expected.GetProperty("eval_tokens").GetInt32());
        ids[..16].ShouldBe(expected.GetProperty("first_16_ids").Integers());
        ids[^16..].ShouldBe(expected.GetProperty("last_16_ids").Integers());
    }
}
