namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>engine</c>.</summary>
internal static class EngineKeys
{
    /// <summary>What computes if the recipe does not say.</summary>
    public const string DefaultDevice = "auto";

    public static RecipeKey Device { get; } =
        RecipeKey.Choice("device", "Where to compute: cpu, cuda, or what is found (auto).", ["cpu", "cuda", "auto"], "cuda") with
        {
            Default = DefaultDevice,
        };

    public static RecipeKey Threads { get; } =
        RecipeKey.Integer("threads", "Threads to compute with. If left out, one per processor. Results do not depend on it.", 4, minimum: 1);

    public static KeyTable All { get; } = new(Device, Threads);
}
