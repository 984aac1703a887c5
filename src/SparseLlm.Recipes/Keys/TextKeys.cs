namespace SparseLlm.Recipes.Keys;

/// <summary>Keys that calibration and perplexity texts have in common.</summary>
internal static class TextKeys
{
    public static RecipeKey Text { get; } = new(
        "text",
        "The text: a path relative to the recipe, a glob (* and **), or a list of these. Files are plain text in UTF-8 (.txt, or any name that says nothing else), "
            + "JSON records, one on each line (.jsonl, .ndjson, .json), or token ids (.npy).",
        ValueSchema.OneOrList(ValueSchema.Text),
        "data/calibration.txt")
    {
        IsRequired = true,
    };

    public static RecipeKey Field { get; } =
        RecipeKey.Text("field", "The field of each JSON record that holds its text.", "content") with { Default = "text" };

    public static RecipeKey SequenceLength { get; } =
        RecipeKey.Integer("sequenceLength", "Tokens per window. If left out, the smaller of 2048 and the model's maximum.", 2048, minimum: 2);
}
