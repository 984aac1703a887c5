using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using Xunit.Abstractions;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>
/// Tokenizers with random mistakes: any value in the place of any other. Each is read and encodes, or is refused with a
/// diagnostic that names the file; never anything else. A failure names its seed.
/// </summary>
public class RandomMutations(ITestOutputHelper output)
{
    private const int Count = 800;

    private const string Valid = """
        {"version": "1.0", "truncation": null, "padding": null,
         "added_tokens": [
           {"id": 9, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": true, "normalized": false, "special": true},
           {"id": 10, "content": "ab c", "single_word": true, "lstrip": true, "rstrip": false, "normalized": true, "special": false}],
         "normalizer": {"type": "Sequence", "normalizers": [
           {"type": "NFKC"}, {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Strip", "strip_left": false},
           {"type": "Lowercase"}]},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex": "\\s?\\p{L}+|(?i:'s)"}, "behavior": "MergedWithNext", "invert": false}, {"type": "Digits", "individual_digits": true},
           {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]},
         "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}}]},
         "decoder": {"type": "Sequence", "decoders": [{"type": "ByteLevel"}, {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
           {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}]},
         "model": {"type": "BPE", "dropout": null, "unk_token": "?", "continuing_subword_prefix": "", "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true,
           "ignore_merges": true, "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, "<0x0A>": 4, "â": 5, "c": 6, "1": 7, "s": 8}, "merges": ["a b", ["a", "b"]]}}
        """;

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1e999", "0.5", "2147483647", "99999999999", "\"\"", "\"a\"", "\"(\"",
        "\"[^\"", "\"\\\\\"", "\"(?i:ß)|a{2,1}\"", "\"😀\"",
        "\"\\ud83d\"", "\"\\u0000\"", "[]", "{}", "[[]]", "[1]", "{\"type\": \"BPE\"}", "{\"String\": \"a\"}",
        "{\"Regex\": \"(a|b)*\"}", "{\"type\": \"Sequence\"}", "NaN",
    ];

    [Theory]
    [InlineData(20260101)]
    [InlineData(7)]
    public void Tokenizer_with_random_mistakes_encodes_or_is_refused(int firstSeed)
    {
        int read = 0;
        for (int seed = firstSeed; seed < firstSeed + (Count / 2); seed++)
        {
            string json = Mutate(new Random(seed));
            try
            {
                Tokenizer tokenizer = TokenizerJson.LoadText(json);
                tokenizer.Decode(tokenizer.Encode("<s>  ab 12's aB c é😀\n▁b<s>"));
                read++;
            }
            catch (DiagnosticException error)
            {
                error.Diagnostics.ShouldHaveSingleItem().Location!.File.ShouldEndWith("tokenizer.json");
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed} makes something else happen, with {json}", error);
            }
        }

        output.WriteLine($"{read} of {Count / 2} were read");
        read.ShouldBeInRange(
            Count / 20,
            Count / 2 * 9 / 10,
            "else the mistakes are too small or too large to find anything");
    }

    /// <summary>One value, or three, are replaced, by a random one or by one from elsewhere in the file, removed or
    /// repeated.</summary>
    private static string Mutate(Random random)
    {
        JsonNode root = JsonNode.Parse(Valid)!;
        var texts = new Dictionary<string, string>();
        for (int count = random.Next(3) == 0 ? 3 : 1; count > 0; count--)
        {
            JsonNode[] nodes = [.. Inside(root)];
            JsonNode target = nodes[random.Next(nodes.Length)];
            JsonNode other = nodes[random.Next(nodes.Length)];
            switch (random.Next(6))
            {
                case 0 when target.Parent is JsonObject parent:
                    parent.Remove(target.GetPropertyName());
                    break;
                case 0 or 1 when target.Parent is JsonArray parent:
                    parent.Insert(random.Next(parent.Count), target.DeepClone());
                    break;
                case 2 when target.Parent is JsonObject parent && other.Parent is JsonObject:
                    string name = other.GetPropertyName();
                    parent.Remove(target.GetPropertyName());
                    parent[name] = target.DeepClone();
                    break;
                case 3 or 4:
                    // What JsonNode cannot hold goes in as text in the end.
                    string placeholder = $"placeholder {texts.Count}";
                    texts.Add($"\"{placeholder}\"", Values[random.Next(Values.Length)]);
                    target.ReplaceWith(placeholder);
                    break;
                default:
                    target.ReplaceWith(other.DeepClone());
                    break;
            }
        }

        return texts.Aggregate(
            root.ToJsonString(),
            (json, text) => json.Replace(text.Key, text.Value, StringComparison.Ordinal));
    }

    /// <summary>Every value in the tree but the root, and null.</summary>
    private static IEnumerable<JsonNode> Inside(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Inside(child).Prepend(child));
    }
}
