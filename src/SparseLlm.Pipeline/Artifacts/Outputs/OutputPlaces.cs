using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>
/// Sees to it that nothing that is read lies where something is written: every build would read what the one before it
/// has left there. Places are compared by where their names lead.
/// </summary>
internal static class OutputPlaces
{
    /// <summary>Checks a single prune.</summary>
    /// <exception cref="DiagnosticException">Its output and what it reads overlap.</exception>
    public static void RequireApart(PruneRequest request, DenseModel dense)
    {
        Diagnostic[] overlaps = [.. Overlaps(request, dense.Directory, Read(request, dense.Cache))];
        if (overlaps.Length > 0)
        {
            throw new DiagnosticException(overlaps);
        }
    }

    /// <summary>What is wrong with the places of a recipe: of all its artifacts, since each build makes others of
    /// them.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The directory that gets one directory for each artifact.</param>
    /// <param name="cache">The cache.</param>
    public static IEnumerable<Diagnostic> Overlaps(Recipe recipe, string output, BuildCache cache)
    {
        PruneRequest[] requests = [.. recipe.Artifacts.Select(artifact => recipe.Request(artifact, output))];
        Place[] read = requests.Length == 0 ? [] : [.. Read(requests[0], cache), Place.Of(recipe.Path)];
        foreach (Diagnostic overlap in requests.SelectMany(request => Overlaps(request, recipe.Model, read)))
        {
            yield return overlap;
        }

        // Names of artifacts are different; a link among their directories can still lead from one into another.
        string[] outputs = [.. requests.Select(request => Resolve(request.Output))];
        foreach ((int index, PruneRequest request) in requests.Index())
        {
            int other = Array.FindIndex(outputs, 0, index, place => Overlap(place, outputs[index]));
            if (other >= 0)
            {
                yield return At(request, $"'{request.DisplayName}' and '{requests[other].DisplayName}' would be "
                    + $"written to the same place, '{outputs[index]}'; remove the link that leads there");
            }
        }
    }

    /// <summary>What is read for an artifact beside the model. All artifacts of a recipe have it in common.</summary>
    private static Place[] Read(PruneRequest request, BuildCache cache)
    {
        IEnumerable<string> texts = request.Perplexities.SelectMany(text => text.Text.Paths)
            .Concat(request.Calibration?.Text.Paths ?? []);
        return [.. (cache.Directory is { } folder ? texts.Append(folder) : texts).Distinct().Select(Place.Of)];
    }

    private static IEnumerable<Diagnostic> Overlaps(PruneRequest request, string model, IEnumerable<Place> read)
    {
        string output = Resolve(request.Output);
        string dense = Resolve(model);
        if (output.Equals(dense, ResolvedPath.Comparison))
        {
            yield return At(request, $"the output '{request.Output}' is the model that is to be pruned; name another "
                + $"directory for the result");
        }
        else if (Overlap(output, dense))
        {
            yield return ResolvedPath.IsWithin(output, dense)
                ? At(request, $"the output '{request.Output}' lies in the directory of the model that is to be pruned; "
                    + $"name a directory outside of it")
                : At(request, $"the model '{model}' lies in the output '{request.Output}', which is replaced as a "
                    + $"whole; name another output");
        }

        foreach (Place place in read.Where(place => ResolvedPath.IsWithin(place.Resolved, output)))
        {
            yield return At(request, $"'{place.Path}' lies in the output '{request.Output}', which is replaced as a "
                + $"whole; move it elsewhere, or name another output");
        }
    }

    private static bool Overlap(string one, string other)
        => ResolvedPath.IsWithin(one, other) || ResolvedPath.IsWithin(other, one);

    private static Diagnostic At(PruneRequest request, string problem) =>
        PipelineDiagnostics.OutputOverlapsInput.At(request.Location ?? new SourceLocation(request.Output), problem);

    private sealed record Place(string Path, string Resolved)
    {
        public static Place Of(string path) => new(path, Resolve(path));
    }

    private static string Resolve(string path)
    {
        try
        {
            return ResolvedPath.Of(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(path), exception.Message, exception);
        }
    }
}
