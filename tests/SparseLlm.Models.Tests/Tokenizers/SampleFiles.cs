using System.Text.Json;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>References that were computed elsewhere.</summary>
internal static class SampleFiles
{
    public static string LibraryCases =>
        Path.Combine(Repository.Root, "tests", "SparseLlm.Models.Tests", "Tokenizers", "library-cases.json");

    public static JsonElement Reference(string model, string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Model(model), file))).RootElement;

    public static int[] Integers(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
