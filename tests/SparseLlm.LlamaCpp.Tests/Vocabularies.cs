using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.LlamaCpp.Tests.Support;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Gguf.Vocabulary;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.LlamaCpp.Tests;

/// <summary>Tokenizers in llama.cpp: the same tokens, or a warning, or no file.</summary>
public sealed class Vocabularies : IDisposable
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Blanks = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    private static readonly Dictionary<string, JsonElement> Variations = JsonElement
        .Parse(File.ReadAllBytes(
            Path.Combine(Repository.Root, "tests", "SparseLlm.Models.Tests", "Tokenizers", "library-cases.json")))
                .EnumerateArray()
        .ToDictionary(variation => variation.GetProperty("name").GetString()!);

    /// <summary>The patterns by which published tokenizers cut text before they write it as bytes; null for GPT-2's
    /// own.</summary>
    private static readonly Dictionary<string, string[]?> Patterns = new()
    {
        ["gpt-2"] = null,
        ["llama-bpe"] = [Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks],
        ["qwen2"] = [Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks],
        ["qwen35"] = [Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"
            + Blanks],
        ["seed-coder"] = [Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + Blanks],
        ["deepseek-v3"] =
        [
            @"\p{N}{1,3}",
            "[一-龥\u3040-ゟ゠-ヿ]+",
            @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + Blanks,
        ],
        ["deepseek-coder"] = [@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", @"\p{N}"],
        [
            "gpt-4o"] = [$@"{Upper}*{Lower}+{Contractions}?|{Upper}+{Lower}*{Contractions}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Blanks}"],
        ["tekken"] = [$@"{Upper}*{Lower}+|{Upper}+{Lower}*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Blanks}"],
    };

    private readonly TempDirectory directory = new();

    public static TheoryData<string> VariationNames
        => [.. Variations.Keys.Where(name => !name.StartsWith("split", StringComparison.Ordinal))];

    public static TheoryData<string> PatternNames => [.. Patterns.Keys];

    private static readonly Lazy<string[]> Texts = new(() =>
    [
        .. Variations.Values.SelectMany(variation => variation.GetProperty("cases").EnumerateArray())
            .Select(example => example.GetProperty("text").GetString()!),
        .. File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000].Split("\n\n"),
        "I'VE we'll They'Re it's 'twas  1234567 3.14 12 345\t\n\n  x  \r\n y \n",
        "HelloWorld aBC ABCdef XMLHttp fooBar42Baz",
        "a/b//c /\n/ (x) [y] {z} --> ... !?!? \"\"''",
        "東京タワーとひらがな漢字 한국어 ไทย العربية हिन्दी",
        "e\u0301te\u0301 \u01c5abc \u03a9mega \u00c9cole \u2460\u2461 \u00bd \u00b2 \u00a0\u2003x\u200b \ufeff",
    ]);

    /// <summary>A tokenizer whose tokens reach over whatever pattern cuts; of texts without what looks like a special
    /// token, since llama.cpp takes it for one.</summary>
    private static readonly Lazy<string> Learned = new(
        () => ByteLevelTokenizer.LearnedFrom(Texts.Value.Where(text => !text.Contains('<'))).ToJsonString());

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(VariationNames))]
    public void A_tokenizer_gets_its_tokens_in_llama_cpp_unless_it_is_refused_or_warned_of(string name)
    {
        JsonElement variation = Variations[name];
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(
            Path.Combine(Repository.Model(variation.GetProperty("base").GetString()!), "tokenizer.json")))!.AsObject();
        Change(json, variation.GetProperty("changes"));
        try
        {
            (string[] different, bool isWarnedOf) = Compare(json);
            (isWarnedOf ? [] : different).ShouldBeEmpty();
        }
        catch (DiagnosticException refusal)
        {
            refusal.Message.ShouldContain("llama.cpp");
        }
    }

    [Theory]
    [MemberData(nameof(PatternNames))]
    public void Text_is_cut_as_by_the_tokenizer(string name)
    {
        JsonObject json = JsonNode.Parse(Learned.Value)!.AsObject();
        json["model"]!["ignore_merges"] = name is "llama-bpe" or "tekken";
        if (Patterns[name] is { } patterns)
        {
            json["pre_tokenizer"] = JsonSerializer.SerializeToNode(new
            {
                type = "Sequence",
                pretokenizers = (object[])
                [
                    .. patterns.Select(pattern => new { type = "Split", pattern = new { Regex = pattern },
                        behavior = "Isolated", invert = false }),
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = false },
                ],
            });
        }

        (string[] different, bool isWarnedOf) = Compare(json);
        different.Where(text => isWarnedOf ? text.All(char.IsAscii) : text.EnumerateRunes().All(IsCommon))
            .ShouldBeEmpty();
    }

    /// <summary>The texts that get other tokens in llama.cpp, and whether there was a warning of such texts.</summary>
    private (string[] Different, bool IsWarnedOf) Compare(JsonObject json)
    {
        File.WriteAllText(directory["tokenizer.json"], json.ToJsonString());
        Tokenizer tokenizer = Tokenizer.Load(directory.Path);
        var metadata = new GgufMetadata();
        metadata.Set("general.architecture", "llama");
        IReadOnlyList<Diagnostic> warnings = GgufVocabulary.Write(metadata, directory.Path, tokenizer.VocabularySize);
        File.WriteAllBytes(directory["vocabulary.gguf"], GgufHeaderWriter.Write(metadata, []));
        using LlamaCppModel model = LlamaCppModel.LoadVocabulary(directory["vocabulary.gguf"]);
        return ([.. Texts.Value.Where(
            text => !model.Encode(text, addSpecial: true, parseSpecial: true).SequenceEqual(tokenizer.Encode(text)))],
            warnings.Count > 0);
    }

    /// <summary>Whether a character is one that Unicode knows and no separator of lines, which DeepSeek's patterns in
    /// llama.cpp treat otherwise.</summary>
    private static bool IsCommon(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator);

    private static void Change(JsonObject json, JsonElement changes)
    {
        foreach (JsonProperty change in changes.EnumerateObject())
        {
            if (change.Value.ValueKind == JsonValueKind.Object && json[change.Name] is JsonObject part
                && change.Name == "model")
            {
                Change(part, change.Value);
            }
            else
            {
                json[change.Name] = JsonNode.Parse(change.Value.GetRawText());
            }
        }
    }
}
