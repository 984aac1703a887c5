using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>executor</c>.</summary>
internal static class ExecutorKeys
{
    public static RecipeKey Slurm { get; } = new(
        "slurm",
        "Hand each artifact to Slurm as a job. It may be left empty; '--executor local' computes here all the same.",
        ValueSchema.OrNothing(SlurmKeys.All.ToSchema()),
        new JsonObject { ["partition"] = "gpu", ["time"] = "4:00:00", ["gres"] = "gpu:1" })
    {
        IsRequired = true,
    };

    public static KeyTable All { get; } = new(Slurm);
}
