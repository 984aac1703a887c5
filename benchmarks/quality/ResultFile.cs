using System.Text.Encodings.Web;
using System.Text.Json;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>Results by cell, in a file to which each is appended at once: a run that was interrupted goes on where it
/// stood.</summary>
internal sealed class ResultFile
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    private readonly string? path;
    private readonly Dictionary<Cell, CellResult> results = [];

    /// <summary>Reads what is known already.</summary>
    /// <param name="path">A file of JSON lines, which need not exist; null to keep results in memory alone.</param>
    public ResultFile(string? path)
    {
        this.path = path;
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path))
            {
                Line known = JsonSerializer.Deserialize<Line>(line)!;
                results[known.Cell] = known.Result;
            }
        }
    }

    /// <summary>The result of a cell, or null.</summary>
    public CellResult? Find(Cell cell) => results.GetValueOrDefault(cell);

    /// <summary>Adds a result.</summary>
    public void Add(Cell cell, CellResult result)
    {
        results[cell] = result;
        if (path is not null)
        {
            File.AppendAllText(path, JsonSerializer.Serialize(new Line(cell, result), Readable) + "\n");
        }
    }

    private sealed record Line(Cell Cell, CellResult Result);
}
