namespace SparseLlm.Recipes.Keys;

/// <summary>Keys that calibration and perplexity texts have in common.</summary>
internal static class TextKeys
{
    public static RecipeKey Text { get; } = new(
        "text",
        "The text: a path relative to the recipe, a glob (* and **), or a list of these. Files are .txt, .jsonl, or token ids as .npy.",
        ValueSchema.OneOrList(ValueSchema.Text),
        "data/calibration.txt")
    {
        IsRequired = true,
    };

    public static RecipeKey Field { get; } =
        RecipeKey.Text("field", "The field of each .jsonl record that holds its text.", "content") with { Default = "text" };

    public static RecipeKey SequenceLength { get; } =
        RecipeKey.Integer("sequenceLength", "Tokens per window. If left out, the smaller of 2048 and the model's maximum.", 2048, minimum: 2);
}
