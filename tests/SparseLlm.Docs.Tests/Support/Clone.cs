using System.Diagnostics;

namespace SparseLlm.Docs.Tests.Support;

/// <summary>A clone of the repository as it stands here, changes that are not committed included, in a folder by a name
/// that no page knows.</summary>
public sealed class Clone : IDisposable
{
    private const int EvaluationLength = 8_000;
    private const int Samples = 32;
    private const int Window = 128;

    private const string Opt = "tiny-opt";
    private const int Layers = 2;
    private const int Positions = 192;

    private readonly TempDirectory directory = new();

    public Clone()
    {
        foreach (string file in Files().Where(file => File.Exists(Path.Combine(Repository.Root, file))))
        {
            string copy = Path.Combine(Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Repository.Root, file), copy);
        }

        // The pages are about what is typed, not about what is measured, which takes as long as there is text.
        Rewrite(Path.Combine("samples", "data", "sample-eval.txt"), text => text[..EvaluationLength]);
        foreach (string recipe in Directory.GetFiles(
            Path.Combine(Root, "samples"),
            "pruning.yaml",
            SearchOption.AllDirectories))
        {
            Rewrite(recipe, text => text
                .Replace("samples: 128", $"samples: {Samples}")
                .Replace("sequenceLength: 256", $"sequenceLength: {Window}"));
        }

        Shrink();
    }

    /// <summary>Its root. What is beside it belongs to the test.</summary>
    public string Root => directory["a clone"];

    /// <summary>The cache of all machines, so that no page prunes what another one has.</summary>
    public string Cache => directory["cache"];

    /// <summary>A machine of somebody who has this clone. It takes the place of the last one, so that what was built
    /// from the clone is still up to date.</summary>
    internal Machine NewMachine()
    {
        string home = directory["home"];
        if (Directory.Exists(home))
        {
            Directory.Delete(home, recursive: true);
        }

        return new Machine(home, this);
    }

    public void Dispose() => directory.Dispose();

    /// <summary>Leaves the OPT model its first layers and positions, as many as commands of the pages need: the model
    /// decides what commands without a recipe compute.</summary>
    private void Shrink()
    {
        string model = Path.Combine("samples", "models", Opt);
        Directory.Delete(Path.Combine(Root, model), recursive: true);
        ShallowModel.Write(Opt, Path.Combine(Root, model), Layers);
        Rewrite(Path.Combine(model, "config.json"), text => text.Replace(
            "\"max_position_embeddings\":256",
            $"\"max_position_embeddings\":{Positions}"));

        // Two rows, which no token has, come before those of the positions.
        const string table = "model.decoder.embed_positions.weight";
        string file = Path.Combine(Root, model, "model.safetensors");
        StoredTensors tensors = StoredTensors.Read(file);
        (string type, long[] shape, byte[] bytes) = tensors[table];
        int rows = Positions + 2;
        tensors[table] = (type, [rows, shape[1]], bytes[..(bytes.Length / (int)shape[0] * rows)]);
        tensors.Write(file);
    }

    private void Rewrite(string file, Func<string, string> change)
    {
        string path = Path.Combine(Root, file);
        File.WriteAllText(path, change(File.ReadAllText(path)));
    }

    private static string[] Files()
    {
        using Process git = Process.Start(
            new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true
            })!;
        string files = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, "the repository is cloned by git");
        return files.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }
}
