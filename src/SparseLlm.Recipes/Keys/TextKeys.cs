using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>Keys that calibration and perplexity texts have in common.</summary>
internal static class TextKeys
{
    // What stands between records is a word or a line or two.
    private const int LongestSeparator = 100;

    public static RecipeKey Text { get; } = new(
        "text",
        "The text: a path relative to the recipe, a glob (* and **), or a list of these. Files are plain text in UTF-8 "
        + "(.txt, or any name that says nothing else), "
            + "JSON records, one on each line (.jsonl, .ndjson, .json), Parquet (.parquet), or token ids (.npy). Text "
            + "and JSON lines may be compressed (.gz, .zst). Either this or dataset is needed.",
        ValueSchema.OneOrList(ValueSchema.Text),
        "data/calibration.txt");

    public static RecipeKey DataSet { get; } = RecipeKey.Choice(
        "dataset",
        "A data set by name, in place of text, with the files, the joining and the windows that published numbers "
        + "have.",
        [.. NamedDataSet.All.Select(set => set.Name)],
        NamedDataSet.All[0].Name);

    public static RecipeKey Field { get; } =
        RecipeKey.Text(
            "field",
            "The field of each record that holds its text. A dot leads to a field in a field, [] to each item of a "
            + "list: messages[].content. Several texts of a record become lines.",
            "content") with
        { Default = "text" };

    public static RecipeKey Chat { get; } =
        RecipeKey.Text("chat", "The field of each record that holds a list of messages with role and content, which "
            + "the model's chat template makes text of; in place of field.", "messages");

    public static RecipeKey Join { get; } = new(
        "join",
        "The text between two records, such as two line breaks. If left out, each record of JSON lines or Parquet ends "
        + "with a line break, and plain text stays as it is.",
        new JsonObject { ["type"] = "string", ["maxLength"] = LongestSeparator },
        "\n\n");

    public static RecipeKey Records { get; } =
        RecipeKey.Integer(
            "records",
            "How many records are read, from the first one on. If left out, all of them.",
            1000,
            minimum: 1);

    public static RecipeKey SequenceLength { get; } =
        RecipeKey.Integer(
            "sequenceLength",
            "Tokens per window. If left out, the smaller of 2048 and the model's maximum.",
            2048,
            minimum: 2);

    /// <summary>The most characters of <see cref="Join"/>.</summary>
    public static int MostOfJoin => LongestSeparator;

    /// <summary>What a data set says for itself.</summary>
    public static IReadOnlyList<RecipeKey> OfDataSets => [Text, Field, Chat, Join, Records];

    /// <summary>What a template does for itself.</summary>
    public static IReadOnlyList<RecipeKey> OfTemplates => [Field, Join];

    /// <summary>JSON schema keywords for what excludes what.</summary>
    public static JsonObject Constraints => new()
    {
        ["oneOf"] = new JsonArray(Needs(Text), Needs(DataSet)),
        ["not"] = new JsonObject
        {
            ["anyOf"] = new JsonArray(
            [
                .. OfDataSets.Where(key => key != Text).Select(key => Needs(DataSet, key)),
                .. OfTemplates.Select(key => Needs(Chat, key)),
            ]),
        },
    };

    private static JsonObject Needs(params IEnumerable<RecipeKey> keys)
        => new() { ["required"] = ValueSchema.Names(keys.Select(key => key.Name)) };
}
