using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>tokenizer.json</c>, and a text through it and back.</summary>
internal sealed class TokenizerTarget : FuzzTarget
{
    /// <summary>Letters, marks, digits, spaces, an added token, characters of two, three and four bytes, and half of
    /// one.</summary>
    public const string Text = "Hello, wörld's <s> 12345  日本\t\U0001F600\n e\u0301 \uD83D!";

    public override string Name => "tokenizer";

    public override IReadOnlyList<Sample> Samples { get; } =
        [.. ((string[])["bytes", "sentencepiece", "patterns"]).Select(name => Sample.OfFile($"tokenizer-{name}.json"))];

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "tokenizer.json", input);
        return Use(Tokenizer.Load(folder));
    }

    /// <summary>Encodes and decodes.</summary>
    public static bool Use(Tokenizer tokenizer)
    {
        int[] ids = tokenizer.Encode(Text);
        tokenizer.Decode(ids);
        tokenizer.Decode(ids, skipSpecialTokens: false);
        return true;
    }
}
