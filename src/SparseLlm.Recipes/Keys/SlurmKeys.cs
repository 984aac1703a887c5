using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>executor.slurm</c>.</summary>
internal static class SlurmKeys
{
    public static RecipeKey Partition { get; } = RecipeKey.Text(
        "partition",
        "The partition of the jobs; by default the cluster's own.",
        "gpu");

    public static RecipeKey Time { get; } = new(
        "time",
        "How long one unit of work may run, as Slurm writes times, in quotes. What is not finished by then goes on in "
        + "the next job.",
        new JsonObject { ["type"] = "string", ["pattern"] = SlurmTime.Syntax + "|" + Interpolation.Syntax },
        "4:00:00");

    public static RecipeKey Gres { get; } = RecipeKey.Text(
        "gres",
        "Other resources of a unit, such as GPUs.",
        "gpu:1");

    public static RecipeKey Memory { get; } = RecipeKey.Text(
        "memory",
        "Memory of a unit, as Slurm writes it.",
        "32G");

    public static RecipeKey Cpus { get; } = RecipeKey.Integer("cpus", "Processors of a unit.", 8, minimum: 1);

    public static RecipeKey Extra { get; } = new(
        "extra",
        "More options of sbatch, one by one.",
        ValueSchema.List(ValueSchema.Text()),
        new JsonArray("--account=research"));

    public static KeyTable All { get; } = new(Partition, Time, Gres, Memory, Cpus, Extra);
}
