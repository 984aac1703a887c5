using System.Text.Json.Nodes;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>A tokenizer.json made for one test.</summary>
internal sealed class TokenizerJson
{
    private readonly JsonObject root;

    private TokenizerJson(JsonObject root) => this.root = root;

    /// <summary>A byte-pair model with these tokens, numbered in order, and merges <c>"a b"</c>.</summary>
    public static TokenizerJson Model(string[] tokens, params string[] merges)
    {
        var vocabulary = new JsonObject();
        foreach (string token in tokens)
        {
            vocabulary.Add(token, vocabulary.Count);
        }

        return new TokenizerJson(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        });
    }

    /// <summary>A model whose tokens are the words themselves: what is encoded shows how the text was cut.</summary>
    public static TokenizerJson Words(params string[] words) =>
        Model(["?", .. words.Distinct()]).SetModel("ignore_merges", true).SetModel("unk_token", "?");

    /// <summary>The tokenizer of a sample model.</summary>
    public static TokenizerJson Sample(string model) =>
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Model(model), "tokenizer.json")))!.AsObject());

    public TokenizerJson Set(string part, string json)
    {
        this.root[part] = JsonNode.Parse(json);
        return this;
    }

    public TokenizerJson SetModel(string setting, JsonNode? value)
    {
        this.root["model"]![setting] = value;
        return this;
    }

    /// <summary>Adds a token; <paramref name="flags"/> are the ones that are true.</summary>
    public TokenizerJson Add(int id, string content, params string[] flags)
    {
        var token = new JsonObject { ["id"] = id, ["content"] = content };
        foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized", "special"])
        {
            token[flag] = flags.Contains(flag);
        }

        this.root["added_tokens"]!.AsArray().Add(token);
        return this;
    }

    public Tokenizer Load() => LoadText(this.root.ToJsonString());

    /// <summary>Puts it into a directory.</summary>
    public void Write(string directory)
        => File.WriteAllText(Path.Combine(directory, "tokenizer.json"), this.root.ToJsonString());

    /// <summary>Reads a tokenizer.json with this text.</summary>
    public static Tokenizer LoadText(string json)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tokenizer");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "tokenizer.json"), json);
            return Tokenizer.Load(directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
