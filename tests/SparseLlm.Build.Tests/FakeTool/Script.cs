namespace SparseLlm.Build.Tests.FakeTool;

/// <summary>
/// The fake recipe, a <c>key: value</c> on each line: <c>input</c> (a file or a glob that the run reads),
/// <c>artifact</c> (a name), <c>file</c> (one more in each artifact), <c>gguf</c> (the type of one more of it),
/// <c>summary</c> (a file beside the artifacts), <c>miss</c> (a diagnostic to fail with when everything is made),
/// <c>warn</c> (a diagnostic to go on with), <c>say</c> (a line on standard output and standard error), <c>fail</c> (a
/// diagnostic to fail with), <c>end</c> (an exit code without one; negative to be killed),
/// <c>pause</c> (milliseconds to take), <c>wait</c> (stay until nobody waits for it any more).
/// </summary>
internal sealed class Script
{
    private readonly ILookup<string, string> lines;
    private readonly string directory;

    private Script(string directory, ILookup<string, string> lines)
    {
        this.directory = directory;
        this.lines = lines;
    }

    public string? Fail => lines["fail"].FirstOrDefault();

    public int? End => lines["end"].Select(int.Parse).Cast<int?>().FirstOrDefault();

    public string? Miss => lines["miss"].FirstOrDefault();

    public int Pause => lines["pause"].Select(int.Parse).FirstOrDefault();

    public bool Wait => lines["wait"].Any();

    public IEnumerable<string> Say => lines["say"];

    public IEnumerable<string> Warn => lines["warn"];

    public static Script Read(string recipe) => new(
        Path.GetDirectoryName(recipe)!,
        File.ReadLines(recipe).Select(line => line.Split(": ", 2)).ToLookup(pair => pair[0], pair => pair[1]));

    public IReadOnlyList<string> ArtifactsOf(Invocation invocation) =>
        lines["artifact"].Where(name => invocation.Artifacts is [] || invocation.Artifacts.Contains(name)).ToList();

    private static string FileOf(string artifact, string type) => $"{artifact}-{type.ToUpperInvariant()}.gguf";

    public void Make(Invocation invocation)
    {
        var outputs = new List<string>();
        foreach (string artifact in ArtifactsOf(invocation))
        {
            Directory.CreateDirectory(Path.Combine(invocation.Output, artifact));
            foreach (string file in (string[])["config.json", "model.safetensors", .. lines["file"], .. lines["gguf"]
                .Select(type => FileOf(artifact, type))])
            {
                // The content tells when it was made, as the weights of a real one tell by what.
                File.WriteAllText(Path.Combine(invocation.Output, artifact, file), DateTime.UtcNow.ToString("O"));
                outputs.Add($"{artifact}/{file}");
            }
        }

        foreach (string summary in lines["summary"])
        {
            File.WriteAllText(Path.Combine(invocation.Output, summary), "");
            outputs.Add(summary);
        }

        File.AppendAllLines(
            invocation.Manifest + ".written",
            outputs.Select(file => Path.Combine(invocation.Output, file)));
        foreach (string summary in lines["summary"].Take(1))
        {
            File.WriteAllLines(
                invocation.Manifest + ".summary",
                [$"{summary}\t{ArtifactsOf(invocation).Count} models"]);
        }

        if (Miss is not null)
        {
            return;
        }

        File.WriteAllLines(
            invocation.Manifest + ".inputs",
            [invocation.Recipe, .. lines["input"].Select(path => Path.Combine(directory, path))]);
        File.WriteAllLines(invocation.Manifest + ".outputs", outputs);
        File.WriteAllLines(invocation.Manifest + ".warnings", lines["warn"]);
        File.WriteAllLines(
            invocation.Manifest + ".artifacts",
            ArtifactsOf(invocation).Select(
                name => string.Join('\t', name, "0.7", "prose=65.42", new string('0', 64), invocation.Recipe,
                    "sparse")));
        File.WriteAllLines(
            invocation.Manifest + ".exports",
            from name in ArtifactsOf(invocation)
            from type in lines["gguf"]
            select string.Join(
                '\t',
                $"{name}/{FileOf(name, type)}",
                "gguf",
                type,
                name,
                "0.7",
                new string('1', 64),
                invocation.Recipe));
        if (!invocation.IsLocked)
        {
            File.WriteAllLines(Path.ChangeExtension(invocation.Recipe, ".lock.json"), ArtifactsOf(invocation));
        }
    }
}
