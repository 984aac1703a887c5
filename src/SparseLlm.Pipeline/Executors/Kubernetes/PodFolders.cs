namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>Where things are in a worker's pod.</summary>
internal static class PodFolders
{
    /// <summary>The recipe and its lock file.</summary>
    public const string Recipe = "/recipe";

    /// <summary>The recipe.</summary>
    public const string RecipeFile = $"{Recipe}/pruning.yaml";

    /// <summary>What a worker may write, which goes with its pod.</summary>
    public const string Scratch = "/scratch";

    /// <summary>Where a worker looks for what the recipe names.</summary>
    /// <param name="written">A path as the recipe has it.</param>
    public static string Of(string written)
    {
        var folders = new List<string>();
        foreach (string name in (written.StartsWith('/') ? written : $"{Recipe}/{written}").Split('/'))
        {
            if (name == "..")
            {
                folders.RemoveRange(Math.Max(0, folders.Count - 1), Math.Min(1, folders.Count));
            }
            else if (name is not ("" or "."))
            {
                folders.Add(name);
            }
        }

        return $"/{string.Join('/', folders)}";
    }

    /// <summary>Whether a volume there would hide the recipe or what a worker writes.</summary>
    public static bool IsTaken(string folder) => new[] { Recipe, Scratch }
        .Any(taken => $"{taken}/".StartsWith($"{folder.TrimEnd('/')}/", StringComparison.Ordinal));
}
