using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Recipes;

/// <summary>
/// A data set that recipes know by name: its files on the Hugging Face hub at a fixed commit, and how its records
/// become the text that published numbers are measured on. Nothing of it is part of this software. <c>docs/text.md</c>
/// says where the published protocols are followed, and where they cannot be.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Licence">Its licence, as its authors have it.</param>
/// <param name="Calibration">What calibration reads.</param>
/// <param name="Evaluation">What perplexity is measured on.</param>
/// <param name="Windows">How many windows of it; null for all.</param>
public sealed record NamedDataSet(
    string Name,
    string Licence,
    TextSource Calibration,
    TextSource Evaluation,
    int? Windows)
{
    private const string WikiTextCommit = "b08601e04326c79dfdd32d625aee71d232d685c3";
    private const string C4Commit = "1588ec454efa1a09f29cd18ddd04fe05fc8653a2";

    /// <summary>All of them. A new one is an entry here and a row in <c>docs/text.md</c>.</summary>
    public static IReadOnlyList<NamedDataSet> All { get; } =
    [
        new(
            "wikitext2",
            "CC BY-SA 3.0 and GFDL",
            WikiText("train") with { Join = "\n\n" },
            WikiText("test") with { Join = "\n\n" },
            Windows: null),
        new(
            "c4",
            "ODC-BY 1.0",
            C4("c4-train.00000-of-01024"),
            C4("c4-validation.00000-of-00008") with { Join = " ", Records = 1100 },
            Windows: 256),
    ];

    /// <summary>The data set of a name; null if there is none.</summary>
    public static NamedDataSet? Find(string name) => All.FirstOrDefault(set => set.Name == name);

    private static TextSource WikiText(string split) =>
        new([$"hf://datasets/Salesforce/wikitext/wikitext-2-raw-v1/{split}-00000-of-00001.parquet@{WikiTextCommit}"]);

    private static TextSource C4(string file) => new([$"hf://datasets/allenai/c4/en/{file}.json.gz@{C4Commit}"]);
}
