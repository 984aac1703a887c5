namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>engine</c>.</summary>
internal static class EngineKeys
{
    /// <summary>What computes if the recipe does not say.</summary>
    public const string DefaultDevice = DeviceNames.Auto;

    /// <summary>How much memory activations may take if the recipe does not say.</summary>
    public const string DefaultMemory = "50%";

    public static RecipeKey Device { get; } =
        RecipeKey.Choice(
            "device",
            "What computes: the built-in engine (cpu), libtorch on an Nvidia GPU (cuda) or on the processor (cpu-torch), or what is found (auto). "
            + "Engines other than cpu are installed by 'dotnet sparsellm engine install'.",
            DeviceNames.All,
            DeviceNames.Cuda) with
        {
            Default = DefaultDevice,
        };

    public static RecipeKey Threads { get; } =
        RecipeKey.Integer("threads", "Threads to compute with. If left out, one per processor. Results do not depend on it.", 4, minimum: 1);

    public static RecipeKey Memory { get; } = new(
        "memory",
        "Memory for activations: a size, or a percentage of what is free. What is beyond it goes to a temporary file in the cache's folder. Results do not depend on it.",
        ValueSchema.SizeOrShare(),
        "4GB")
    {
        Default = DefaultMemory,
    };

    public static KeyTable All { get; } = new(Device, Threads, Memory);
}
