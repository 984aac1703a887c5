namespace SparseLlm.Build.Tests.FakeTool;

/// <summary>The command line of <c>dotnet sparsellm build</c>.</summary>
internal sealed record Invocation(
    string Recipe,
    string Output,
    string Manifest,
    IReadOnlyList<string> Artifacts,
    bool IsLocked)
{
    private const string Locked = "--locked";
    private const string Offline = "--offline";
    private const string Artifact = "--artifact=";

    private static readonly string[] Options =
    [
        "--output", "--manifest", "--device", "--precision", "--devices", "--cache", "--on-cache-miss", "--executor",
    ];

    public static Invocation Parse(string[] arguments)
    {
        string[][] pairs = [.. arguments.Skip(2).Where(
            argument => argument is not (Locked or Offline) && !argument.StartsWith(Artifact, StringComparison.Ordinal))
                .Chunk(2)];
        if (arguments is not ["build", var recipe, ..] || pairs.Any(pair => pair.Length != 2))
        {
            throw new ArgumentException($"Expected: build RECIPE [{Locked}] [{Offline}] (--option VALUE)...");
        }

        ILookup<string, string> values = pairs.ToLookup(pair => pair[0], pair => pair[1]);
        if (values.Select(group => group.Key).Except(Options).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"Unknown option {unknown}.");
        }

        return new Invocation(
            recipe,
            values["--output"].Single(),
            values["--manifest"].Single(),
            [.. arguments.Where(argument => argument.StartsWith(Artifact, StringComparison.Ordinal))
                .Select(argument => argument[Artifact.Length..])],
            arguments.Contains(Locked));
    }
}
