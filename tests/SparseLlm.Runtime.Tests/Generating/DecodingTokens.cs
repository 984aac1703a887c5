using System.Text.Json.Nodes;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>Tokens that come one by one are the text that all of them are together, with tokenizers of all
/// kinds.</summary>
public sealed class DecodingTokens : IDisposable
{
    private static readonly Dictionary<string, JsonObject> Cases = JsonNode
        .Parse(File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "SparseLlm.Models.Tests", "Tokenizers",
                "library-cases.json")))!.AsArray()
        .ToDictionary(variation => (string)variation!["name"]!, variation => variation!.AsObject());

    private readonly TempDirectory directory = new();

    // One has a rule for the whole text, a run of spaces: what has been shown could be changed by any token to come.
    public static TheoryData<string> Variations => [.. Cases.Keys.Except(["decseq"])];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Variations))]
    public void Pieces_are_the_text_of_all_tokens_together(string variation)
    {
        Tokenizer tokenizer = Load(Cases[variation]);
        var random = new Random(3);
        IEnumerable<int[]> texts = Cases[variation]["cases"]!.AsArray()
            .Select(example => example!["ids"]!.AsArray().Select(id => (int)id!).ToArray());
        IEnumerable<int[]> nonsense = Enumerable.Range(0, 20)
            .Select(_ => Enumerable.Range(0, 40).Select(_ => random.Next(-1, tokenizer.VocabularySize + 5)).ToArray());

        // Bytes of SentencePiece, and of GPT-2, are among the first tokens: characters of several, and what is no
        // character.
        IEnumerable<int[]> bytes = Enumerable.Range(0, 20)
            .Select(_ => Enumerable.Range(0, 40).Select(_ => random.Next(300)).ToArray());
        foreach (int[] ids in texts.Concat(nonsense).Concat(bytes))
        {
            foreach (bool skipsSpecialTokens in (bool[])[true, false])
            {
                var decoder = new TextDecoder(tokenizer, skipsSpecialTokens);
                string text = string.Concat(ids.Select(decoder.Add)) + decoder.Complete();
                text.ShouldBe(tokenizer.Decode(ids, skipsSpecialTokens));
            }
        }
    }

    [Theory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-opt")]
    public void What_follows_a_text_begins_with_the_space_that_is_between_them(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model(model));
        int[] prompt = tokenizer.Encode("It was a dark night and");
        int[] all = tokenizer.Encode("It was a dark night and the king");
        all[..prompt.Length].ShouldBe(prompt);
        var decoder = new TextDecoder(tokenizer, skipsSpecialTokens: true, prompt);
        string.Concat(all[prompt.Length..].Select(decoder.Add)).ShouldBe(" the king");
    }

    [Fact]
    public void A_piece_comes_as_soon_as_its_characters_are_whole()
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model("tiny-opt"));
        var decoder = new TextDecoder(tokenizer, skipsSpecialTokens: true);
        int[] emoji = tokenizer.Encode("😀", addSpecialTokens: false);
        emoji.Length.ShouldBeGreaterThan(1);
        emoji.Select(decoder.Add).ShouldBe([.. Enumerable.Repeat("", emoji.Length - 1), "😀"]);
        decoder.Complete().ShouldBe("");
        decoder.Add(emoji[0]).ShouldBe("");
        decoder.Complete().ShouldBe("\uFFFD");
    }

    private Tokenizer Load(JsonObject variation)
    {
        string sample = Path.Combine(Repository.Model((string)variation["base"]!), "tokenizer.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(sample))!.AsObject();
        foreach ((string name, JsonNode? change) in variation["changes"]!.AsObject())
        {
            if (name == "model")
            {
                foreach ((string setting, JsonNode? value) in change!.AsObject())
                {
                    json["model"]![setting] = value?.DeepClone();
                }
            }
            else
            {
                json[name] = change?.DeepClone();
            }
        }

        File.WriteAllText(directory["tokenizer.json"], json.ToJsonString());
        return Tokenizer.Load(directory.Path);
    }
}
