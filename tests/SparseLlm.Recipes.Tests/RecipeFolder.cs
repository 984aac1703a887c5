using NuGet.Versioning;
using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Tests;

/// <summary>A folder with a model, texts and one recipe, gone after the test.</summary>
internal sealed class RecipeFolder : IDisposable
{
    public RecipeFolder()
    {
        Path = Directory.CreateTempSubdirectory("recipe-").FullName;
        Directory.CreateDirectory(At("model"));
        AddFile("calibration.txt");
        AddFile("eval.txt");
    }

    public string Path { get; }

    public string RecipePath => At("pruning.yaml");

    public string At(string relative) => System.IO.Path.Combine([Path, .. relative.Split('/')]);

    public void AddFile(string relative)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(relative))!);
        File.WriteAllText(At(relative), relative.EndsWith(".jsonl") ? "{\"text\": \"text\"}" : "text");
    }

    public RecipeReading Read(string yaml, string toolVersion = "0.1.0")
    {
        File.WriteAllText(RecipePath, yaml);
        return RecipeReader.Read(RecipePath, NuGetVersion.Parse(toolVersion));
    }

    /// <summary>Reads a recipe that must be without any mistake or warning.</summary>
    public Recipe ReadValid(string yaml)
    {
        RecipeReading reading = Read(yaml);
        reading.Diagnostics.ShouldBeEmpty();
        return reading.Require();
    }

    /// <summary>
    /// Reads a recipe in which « and » enclose what is wrong, and checks that exactly those places are reported, in
    /// order.
    /// </summary>
    public IReadOnlyList<Diagnostic> ReadMarked(string marked)
    {
        RecipeReading reading = Read(marked.Replace("«", "").Replace("»", ""));
        reading.Diagnostics.Select(diagnostic => diagnostic.Location)
            .ShouldBe(Marks(marked), customMessage: string.Join('\n', reading.Diagnostics));
        return reading.Diagnostics;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private IEnumerable<SourceLocation> Marks(string marked)
    {
        int line = 1, column = 1, startLine = 0, startColumn = 0;
        foreach (char character in marked)
        {
            if (character == '«')
            {
                (startLine, startColumn) = (line, column);
            }
            else if (character == '»')
            {
                yield return new SourceLocation(RecipePath, startLine, startColumn, line, column);
            }
            else if (character == '\n')
            {
                (line, column) = (line + 1, 1);
            }
            else
            {
                column++;
            }
        }
    }
}
