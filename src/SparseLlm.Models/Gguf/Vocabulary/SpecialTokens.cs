using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>The ids of special tokens, and which of them stand around a text.</summary>
internal static class SpecialTokens
{
    private const string Beginning = "bos";
    private const string End = "eos";
    private const string EndOfTurn = "eot";

    /// <summary>Roles by the names of transformers, and of GGUF, which misspells one.</summary>
    private static readonly (string Role, string Key)[] Keys =
    [
        (Beginning, "bos"), (End, "eos"), (EndOfTurn, "eot"), ("eom", "eom"), ("unk", "unknown"), ("sep", "seperator"),
        ("pad", "padding"),
        ("cls", "cls"), ("mask", "mask"),
    ];

    /// <summary>Adds the pairs.</summary>
    /// <returns>Which texts llama.cpp encodes otherwise.</returns>
    public static IEnumerable<string> Write(
        GgufMetadata metadata,
        Tokenizer tokenizer,
        TokenizerSettings settings,
        int size)
    {
        var ids = new Dictionary<string, int>();
        foreach ((string role, _) in Keys)
        {
            if (settings.Id(role, tokenizer, size) is int id)
            {
                ids[role] = id;
            }
        }

        TakeFrom(ids, Beginning, "cls");
        TakeFrom(ids, End, "sep");
        var differences = new List<string>();
        int[] before = [.. tokenizer.Template.Pieces.TakeWhile(piece => piece is not null).SelectMany(piece => piece!)];
        int[] behind = [.. tokenizer.Template.Pieces.SkipWhile(piece => piece is not null).OfType<int[]>()
            .SelectMany(piece => piece)];
        bool addsBeginning = IsOne(before, "before", size, differences);
        bool addsEnd = IsOne(behind, "behind", size, differences);
        // What stands around every text is what llama.cpp puts there, whatever the files call it.
        if (addsBeginning)
        {
            ids[Beginning] = before[0];
        }

        if (addsEnd)
        {
            if (ids.TryGetValue(End, out int end) && end != behind[0])
            {
                ids.TryAdd(EndOfTurn, end);
            }

            ids[End] = behind[0];
        }

        if (!ids.ContainsKey(End))
        {
            AddDefaultEnd(metadata, tokenizer, differences);
        }

        foreach ((string role, string key) in Keys.Where(pair => ids.ContainsKey(pair.Role)))
        {
            metadata.Set($"tokenizer.ggml.{key}_token_id", ids[role]);
        }

        metadata.Set("tokenizer.ggml.add_bos_token", addsBeginning);
        metadata.Set("tokenizer.ggml.add_eos_token", addsEnd);
        AddContradiction(settings.Flag("add_bos_token"), addsBeginning, "add_bos_token", differences);
        AddContradiction(settings.Flag("add_eos_token"), addsEnd, "add_eos_token", differences);
        return differences;
    }

    /// <summary>llama.cpp has an id for the end of a text where the file has none, and ends there what a model
    /// writes.</summary>
    private static void AddDefaultEnd(GgufMetadata metadata, Tokenizer tokenizer, List<string> differences)
    {
        int id = metadata["tokenizer.ggml.model"] is "llama" ? 2 : 11;
        var types = (int[])metadata["tokenizer.ggml.token_type"]!;
        if (id < types.Length && types[id] != (int)TokenType.Control)
        {
            string token = tokenizer.Token(id) is string text ? $", '{TokenizerPlace.Excerpt(text)}'" : "";
            differences.Add(
                $"no file names the token that ends a text, and llama.cpp then takes token {id}{token}, and stops "
                + $"where the model writes it; " +
                $"name the right one as 'eos_token' in {TokenizerSource.Settings}.");
        }
    }

    private static void TakeFrom(Dictionary<string, int> ids, string role, string other)
    {
        if (ids.TryGetValue(other, out int id))
        {
            ids.TryAdd(role, id);
        }
    }

    private static bool IsOne(int[] ids, string side, int size, List<string> differences)
    {
        if (ids.Length > 1)
        {
            differences.Add($"llama.cpp puts at most one token {side} a text, where the tokenizer puts {ids.Length}; a "
                + $"chat template may name them.");
        }

        return ids.Length == 1 && ids[0] < size;
    }

    private static void AddContradiction(bool? setting, bool isAdded, string name, List<string> differences)
    {
        if (setting is bool says && says != isAdded)
        {
            differences.Add(
                $"{TokenizerSource.Settings} says '{name}': {(says ? "true" : "false")}, and the tokenizer itself does "
                + $"the opposite; the GGUF file follows the tokenizer.");
        }
    }
}
