using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys that say in which files an artifact comes.</summary>
internal static class ExportKeys
{
    /// <summary>The directory that every artifact is.</summary>
    public const string Safetensors = "safetensors";

    /// <summary>Files for llama.cpp and what is made of it.</summary>
    public const string Gguf = "gguf";

    public static RecipeKey Encoding { get; } = RecipeKey.Choice(
        "encoding",
        "How the weights of the Hugging Face directory are stored: with their zeros, as any loader expects (dense), or "
        + "packed without them (sparse). At a sparsity of 0.5, a weight takes 9 bits packed instead of 16. "
            + "Nothing is pruned again when this changes.",
        EnumNames.Of<CheckpointEncoding>(),
        EnumNames.Of(CheckpointEncoding.Sparse)) with
    {
        Default = EnumNames.Of(CheckpointEncoding.Dense),
    };

    public static RecipeKey Format { get; } = OneOrMore(
        "format",
        "The output formats. The Hugging Face directory is always written; gguf adds a file for LLamaSharp, llama.cpp, "
        + "Ollama and LM Studio. One name, or a list.",
        [Safetensors, Gguf],
        Gguf) with
    {
        Default = Safetensors,
    };

    public static RecipeKey Type { get; } = OneOrMore(
        "type",
        "How a GGUF file stores matrices; a list makes a file for each type. If left out, the type of the checkpoint.",
        [.. GgufElementTypes.ByName.Keys],
        "q8_0");

    private static RecipeKey OneOrMore(string name, string purpose, IReadOnlyCollection<string> choices, string example)
    {
        RecipeKey one = RecipeKey.Choice(name, purpose, choices, example);
        return one with { Schema = ValueSchema.OneOrList(() => ValueSchema.Choice(choices)) };
    }
}
