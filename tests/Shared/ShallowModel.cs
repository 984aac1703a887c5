using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SparseLlm.Tests;

/// <summary>
/// A sample model without its last layers: two have every boundary of blocks and of layers that the whole has, and take
/// half the time. Quality is measured on the whole.
/// </summary>
internal static partial class ShallowModel
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Models = new();

    /// <summary>The first two layers of a sample model, in a directory of its name that all tests of a process
    /// share.</summary>
    /// <param name="name">The sample model.</param>
    /// <returns>The directory.</returns>
    public static string Of(string name) => Models.GetOrAdd(name, _ => new(() =>
    {
        var directory = new TempDirectory();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Dispose();
        return Write(name, directory[name]);
    })).Value;

    /// <summary>Writes the first layers of a sample model, with whatever else is in its directory.</summary>
    /// <param name="name">The sample model.</param>
    /// <param name="directory">Where to; it is made.</param>
    /// <param name="layers">How many layers it has.</param>
    /// <returns>The directory.</returns>
    public static string Write(string name, string directory, int layers = 2)
    {
        string source = Repository.Model(name);
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.EnumerateFiles(source)
            .Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        string config = Path.Combine(directory, "config.json");
        JsonNode settings = JsonNode.Parse(File.ReadAllText(config))!;
        settings["num_hidden_layers"] = layers;
        File.WriteAllText(config, settings.ToJsonString());

        StoredTensors tensors = StoredTensors.Of(source);
        foreach (string tensor in tensors.Keys.Where(tensor => LayerOf(tensor) >= layers).ToArray())
        {
            tensors.Remove(tensor);
        }

        tensors.Write(Path.Combine(directory, "model.safetensors"));
        return directory;
    }

    private static int LayerOf(string tensor) => Layer().Match(tensor) is { Success: true } match
        ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : -1;

    [GeneratedRegex(@"\.layers\.(\d+)\.")]
    private static partial Regex Layer();
}
