using System.Text.Json.Nodes;
using SparseLlm.Numerics;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>engine</c>.</summary>
internal static class EngineKeys
{
    private static readonly EngineChoice Defaults = new();

    /// <summary>How much memory activations may take if the recipe does not say.</summary>
    public const string DefaultMemory = "50%";

    public static RecipeKey Device { get; } =
        RecipeKey.Choice(
            "device",
            "The engine: built in (cpu), libtorch on an Nvidia GPU (cuda) or on the processor (cpu-torch), or cuda if "
            + "it is installed and there is a GPU, else cpu (auto). "
            + "Engines other than cpu are installed by 'dotnet sparsellm engine install'.",
            DeviceNames.All,
            DeviceNames.Cuda) with
        {
            Default = Defaults.Device,
        };

    public static RecipeKey Precision { get; } =
        RecipeKey.Choice(
            "precision",
            "How an installed engine multiplies: in single precision (exact), or with halves of eight bits on tensor "
            + "cores (fast). Results depend on it. The built-in engine is always exact.",
            EnumNames.Of<Precision>(),
            "fast") with
        {
            Default = EnumNames.Of(Defaults.Precision),
        };

    public static RecipeKey Devices { get; } = new(
        "devices",
        "The GPUs to compute with, by their numbers: the first has the model, and all of them solve matrices at the "
        + "same time. Results do not depend on how many there are. "
        + "Of those that CUDA_VISIBLE_DEVICES lets through, the first is 0.",
        ValueSchema.Numbers(),
        new JsonArray(0, 1))
    {
        Default = 0,
    };

    public static RecipeKey Threads { get; } =
        RecipeKey.Integer(
            "threads",
            "Threads to compute with. If left out, one per processor. Results do not depend on it.",
            4,
            minimum: 1);

    public static RecipeKey Memory { get; } = new(
        "memory",
        "Memory for activations: a size, or a percentage of what is free. The rest goes to a temporary file in the "
        + "cache's folder. Results do not depend on it.",
        ValueSchema.SizeOrShare(),
        "4GB")
    {
        Default = DefaultMemory,
    };

    public static KeyTable All { get; } = new(Device, Precision, Devices, Threads, Memory);
}
