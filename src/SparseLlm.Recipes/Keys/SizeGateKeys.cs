using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The gate on the size, and its keys where it is more than a limit.</summary>
internal static class SizeGateKeys
{
    public static RecipeKey Max { get; } = new(
        "max",
        "The most that the weights may take: a size, or a percentage of what those of the dense model take.",
        ValueSchema.SizeOrShare(),
        "2.5 GB")
    { IsRequired = true };

    public static KeyTable All { get; } = new(Max, GateKeys.Severity);

    /// <summary>The gate, among those that have the names of perplexities.</summary>
    public static RecipeKey MaxSize { get; } = new(
        "maxSize",
        "The most that the weights may take on disk, in the encoding that is written: a size, or a percentage of what "
        + "those of the dense model take. A mapping where a miss is to be a warning.",
        new JsonObject { ["anyOf"] = new JsonArray(ValueSchema.SizeOrShare(), All.ToSchema()) },
        "45%");
}
