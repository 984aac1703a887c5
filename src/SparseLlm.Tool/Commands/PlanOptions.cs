using System.CommandLine;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>What the commands share that look at a build without running it.</summary>
internal sealed class PlanOptions
{
    private readonly RecipeOptions options = new();
    private readonly EngineOptions computing = new();
    private readonly Option<string?> cache = CommandAction.Cache();

    /// <summary>Prints the result as JSON.</summary>
    public Option<bool> Json { get; } = CommandAction.Json();

    /// <summary>Adds the options to a command, behind its own.</summary>
    public void AddTo(Command command)
    {
        options.AddTo(command);
        computing.AddPlannedTo(command);
        command.Add(cache);
        command.Add(Json);
    }

    /// <summary>Calls a function with the plan of the recipe that is named, and the directory of its
    /// artifacts.</summary>
    public T WithPlan<T>(ParseResult arguments, CancellationToken cancellation, Func<RecipePlan, string, T> function)
    {
        ChosenRecipe chosen = options.ReadBuilt(arguments, cancellation);
        BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache) ?? chosen.Cache);
        using IEngine engine = Devices.Open(computing.Choose(arguments, chosen.Recipe.Engine));
        Recipe recipe = SourceOptions.Find(chosen.Recipe, cancellation);
        return function(new RecipePlan(recipe, chosen.Output, engine.NumericsClass, opened), chosen.Output);
    }
}
