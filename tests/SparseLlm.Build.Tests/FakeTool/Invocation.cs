namespace SparseLlm.Build.Tests.FakeTool;

/// <summary>The command line of <c>dotnet sparsellm build</c>.</summary>
internal sealed record Invocation(string Recipe, string Output, string Manifest, IReadOnlyList<string> Artifacts, string Device)
{
    public static Invocation Parse(string[] arguments)
    {
        if (arguments is not ["build", var recipe, .. var options] || options.Length % 2 != 0)
            throw new ArgumentException("Expected: build RECIPE (--option VALUE)...");

        ILookup<string, string> values = options.Chunk(2).ToLookup(pair => pair[0], pair => pair[1]);
        if (values.Select(group => group.Key).Except(["--output", "--manifest", "--artifact", "--device"]).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"Unknown option {unknown}.");

        return new Invocation(
            recipe,
            values["--output"].Single(),
            values["--manifest"].Single(),
            values["--artifact"].ToList(),
            values["--device"].SingleOrDefault("auto"));
    }
}
