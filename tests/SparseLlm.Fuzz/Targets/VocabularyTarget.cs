using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>vocab.json</c>, <c>merges.txt</c> and <c>tokenizer_config.json</c> of a model without
/// <c>tokenizer.json</c>, one after the other in an input.</summary>
internal sealed class VocabularyTarget : FuzzTarget
{
    private const string Border = "\n=====\n";

    public override string Name => "vocabulary";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        Sample.Of(string.Join(
            Border,
            """{"<s>":0,"</s>":1,"<pad>":2,"H":3,"e":4,"l":5,"o":6,"Ġ":7,"w":8,"ll":9,"ello":10,"He":11,"ell":12}""",
            "#version: 0.2\nl l\ne ll\nell o\nH e\n",
            """{"add_bos_token":true,"add_prefix_space":false,"bos_token":"</s>","unk_token":{"content":"</s>","lstrip":false,"normalized":true},"tokenizer_class":"GPT2Tokenizer","added_tokens_decoder":{"1":{"content":"</s>","special":true}}}""")),
    ];

    public override bool Read(byte[] input, string folder)
    {
        string[] names = ["vocab.json", "merges.txt", "tokenizer_config.json"];
        byte[] border = System.Text.Encoding.UTF8.GetBytes(Border);
        ReadOnlySpan<byte> rest = input;
        foreach (string name in names)
        {
            int end = rest.IndexOf(border) is >= 0 and var found ? found : rest.Length;
            Write(folder, name, rest[..end].ToArray());
            rest = rest[Math.Min(end + border.Length, rest.Length)..];
        }

        return TokenizerTarget.Use(Tokenizer.Load(folder));
    }
}
