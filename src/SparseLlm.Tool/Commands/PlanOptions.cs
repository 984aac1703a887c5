using System.CommandLine;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>What the commands share that look at a build without running it.</summary>
internal sealed class PlanOptions
{
    private readonly Argument<string> recipe = RecipeFile.Argument();
    private readonly Option<string?> output = RecipeFile.Output();
    private readonly Option<string?> device = CommandAction.Device();
    private readonly Option<string?> cache = CommandAction.Cache();

    /// <summary>Prints the result as JSON.</summary>
    public Option<bool> Json { get; } = CommandAction.Json();

    /// <summary>Adds the options to a command, behind its own.</summary>
    public void AddTo(Command command)
    {
        command.Add(recipe);
        foreach (Option option in (Option[])[output, device, cache, Json])
        {
            command.Add(option);
        }
    }

    /// <summary>Calls a function with the plan of the recipe that is named.</summary>
    public T WithPlan<T>(ParseResult arguments, Func<Recipe, RecipePlan, T> function)
    {
        Recipe read = RecipeFile.Read(arguments.GetRequiredValue(recipe));
        BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache));
        using IEngine engine = Devices.Open(arguments.GetValue(device) ?? read.Device, read.Threads, opened);
        var plan = new RecipePlan(read, RecipeFile.OutputOf(read, arguments.GetValue(output)), engine.NumericsClass, opened);
        return function(read, plan);
    }
}
