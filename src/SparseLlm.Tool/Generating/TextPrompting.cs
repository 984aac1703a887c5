using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Tool.Generating;

/// <summary>A model that goes on with a text: what is said is the next line of it.</summary>
internal sealed class TextPrompting(Tokenizer tokenizer) : IPrompting
{
    private string before = "";

    /// <inheritdoc/>
    public int[] Prompt(string text) => tokenizer.Encode(before + text);

    /// <inheritdoc/>
    public void Add(string text, string answer) => before = $"{before}{text}{answer}\n";

    /// <inheritdoc/>
    public void Clear() => before = "";
}
