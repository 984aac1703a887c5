using NuGet.Versioning;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>pruning.yaml</c>, and the prunes that it asks for.</summary>
internal sealed class RecipeTarget : FuzzTarget
{
    private static readonly NuGetVersion Version = new(0, 1, 0);

    public override string Name => "recipe";

    public override IReadOnlyList<Sample> Samples { get; }
        = [.. ((string[])["small", "full"]).Select(name => Sample.OfFile($"recipe-{name}.yaml"))];

    public override void Prepare(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "model"));
        File.WriteAllText(Path.Combine(folder, "text.txt"), "a text");
    }

    public override bool Read(byte[] input, string folder)
    {
        Recipe recipe = RecipeReader.Read(Write(folder, "pruning.yaml", input), Version).Require();
        foreach (ArtifactRecipe artifact in recipe.Artifacts)
        {
            recipe.Request(artifact, Path.Combine(folder, "out"));
        }

        return true;
    }
}
