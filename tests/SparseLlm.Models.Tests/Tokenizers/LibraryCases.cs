using System.Text.Json;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>
/// library-cases.json holds variations of the sample tokenizers with what version 0.23.2 of the Hugging Face tokenizers
/// library makes of random texts: other pre-tokenizers, normalizers, decoders, added tokens and model settings.
/// </summary>
public class LibraryCases
{
    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument
        .Parse(File.ReadAllText(SampleFiles.LibraryCases)).RootElement.EnumerateArray()
        .ToDictionary(variation => variation.GetProperty("name").GetString()!);

    public static TheoryData<string> Variations => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Variations))]
    public void Random_texts_are_encoded_and_decoded_as_by_the_library(string variation)
    {
        Tokenizer tokenizer = Json(variation).Load();
        foreach (JsonElement example in Cases[variation].GetProperty("cases").EnumerateArray())
        {
            string text = example.GetProperty("text").GetString()!;
            int[] ids = example.GetProperty("ids").Integers();
            tokenizer.Encode(text).ShouldBe(ids, text);
            tokenizer.Decode(ids).ShouldBe(example.GetProperty("decoded_skip_special").GetString());
            tokenizer.Decode(ids, skipSpecialTokens: false).ShouldBe(example.GetProperty("decoded").GetString());
        }
    }

    /// <summary>The tokenizer of a variation.</summary>
    internal static TokenizerJson Json(string variation)
    {
        TokenizerJson json = TokenizerJson.Sample(Cases[variation].GetProperty("base").GetString()!);
        foreach (JsonProperty change in Cases[variation].GetProperty("changes").EnumerateObject())
        {
            if (change.Name != "model")
            {
                json.Set(change.Name, change.Value.GetRawText());
                continue;
            }

            foreach (JsonProperty setting in change.Value.EnumerateObject())
            {
                json.SetModel(setting.Name, System.Text.Json.Nodes.JsonNode.Parse(setting.Value.GetRawText()));
            }
        }

        return json;
    }
}
