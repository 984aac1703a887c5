using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>quantization</c>.</summary>
internal static class QuantizationKeys
{
    public static RecipeKey Bits { get; } = RecipeKey.Choice(
        "bits",
        "Bits of a weight that is kept.",
        Quantization.BitChoices,
        "4") with
    { IsRequired = true };

    public static RecipeKey Group { get; } = RecipeKey.Choice(
        "group",
        "Columns of a row that have one scale, or 'row' for all of them.",
        Quantization.GroupChoices,
        "64") with
    { Default = "64" };

    public static RecipeKey Embeddings { get; } = RecipeKey.Choice(
        "embeddings",
        "Bits of the tables of tokens, those of the embedding and of the head, which stay as they are by default.",
        Quantization.BitChoices,
        "8");

    public static RecipeKey Symmetric { get; } = RecipeKey.Choice(
        "symmetric",
        "Whether codes are on both sides of zero, which is the only form there is.",
        ["true"],
        "true") with
    { Default = "true" };

    public static KeyTable All { get; } = new(Bits, Group, Embeddings, Symmetric);
}
