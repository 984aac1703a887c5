using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;
using SparseLlm.Tool.Projects;

namespace SparseLlm.Tool.Commands;

/// <summary>How a command is told which recipe it works on: by its path, or by the project that it belongs
/// to.</summary>
internal sealed class RecipeOptions
{
    private readonly Argument<string> recipe = RecipeFile.Argument();
    private readonly Option<string?> project = new("--project")
    {
        Description = "A project that refers to SparseLlm.Build, or its folder: takes its recipe, its output folder, "
        + "its engine and its cache."
    };
    private readonly Option<string?> configuration = new("--configuration", "-c")
    {
        Description = "The configuration of the project, such as Release; by default the project's own default."
    };
    private readonly Option<string?> output = new(
        "--output",
        "-o")
    {
        Description = "The directory that gets one directory for each artifact; by default that of the project, or "
        + "'models' beside the recipe."
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        AddRecipeTo(command);
        command.Add(configuration);
        command.Add(output);
    }

    /// <summary>Adds what a command needs that looks at the recipe only.</summary>
    public void AddRecipeTo(Command command)
    {
        command.Add(recipe);
        command.Add(project);
    }

    /// <summary>The path of the recipe.</summary>
    /// <exception cref="DiagnosticException">There is none, or the project cannot be evaluated.</exception>
    public string Path(ParseResult arguments, CancellationToken cancellation) =>
        Project(arguments, cancellation) is { } evaluated
            ? Of(evaluated, arguments)
            : RecipeFile.Find(arguments.GetRequiredValue(recipe));

    /// <summary>Reads the recipe, to build it.</summary>
    /// <exception cref="DiagnosticException">There is none, it has errors, or the project cannot be
    /// evaluated.</exception>
    public ChosenRecipe Read(ParseResult arguments, CancellationToken cancellation)
    {
        PruningProject? evaluated = Project(arguments, cancellation);
        if (evaluated is null)
        {
            RejectConfiguration(arguments);
        }

        return Read(evaluated, arguments);
    }

    /// <summary>Reads the recipe, to look at what was built: of a recipe beside a project that is what the project's
    /// build has made, unless only the tool has made something.</summary>
    /// <exception cref="DiagnosticException">There is none, it has errors, or the project that is named cannot be
    /// evaluated.</exception>
    public ChosenRecipe ReadBuilt(ParseResult arguments, CancellationToken cancellation)
    {
        PruningProject? named = Project(arguments, cancellation);
        ChosenRecipe chosen = Read(named, arguments);
        if (named is not null || arguments.GetValue(output) is not null)
        {
            return chosen;
        }

        if (ProjectFile.Beside(chosen.Recipe.Path) is not { } beside
            || EvaluateBeside(beside, arguments, cancellation) is not { } evaluated
            || !evaluated.Recipes.Contains(chosen.Recipe.Path))
        {
            RejectConfiguration(arguments);
            return chosen;
        }

        ChosenRecipe built = chosen.In(evaluated);
        return chosen.IsBuilt && !built.IsBuilt && arguments.GetValue(configuration) is null ? chosen : built;
    }

    private ChosenRecipe Read(PruningProject? evaluated, ParseResult arguments)
    {
        ChosenRecipe alone = Read(evaluated is null ? arguments.GetRequiredValue(recipe) : Of(evaluated, arguments));
        ChosenRecipe chosen = evaluated is null ? alone : alone.In(evaluated);
        return arguments.GetValue(output) is { } directory
            ? chosen with { Output = System.IO.Path.GetFullPath(directory) }
            : chosen;
    }

    /// <summary>A recipe that stands for itself is built in one way only.</summary>
    private void RejectConfiguration(ParseResult arguments)
    {
        if (arguments.GetValue(configuration) is { } asked)
        {
            throw ToolDiagnostics.InvalidOption.Error(null, $"--configuration {asked} is one of a project, and there "
                + $"is none here that prunes this recipe; name the project with --project");
        }
    }

    private static ChosenRecipe Read(string path)
    {
        Recipe read = RecipeFile.Read(path, out IReadOnlyList<Diagnostic> warnings);
        return ChosenRecipe.Alone(read, warnings);
    }

    private PruningProject? Project(
        ParseResult arguments,
        CancellationToken cancellation) => arguments.GetValue(project) is { } path
        ? PruningProject.Evaluate(ProjectFile.Find(path), arguments.GetValue(configuration), cancellation)
        : null;

    /// <summary>Nobody has asked for the project: one that has nothing to do with the recipe, or cannot be evaluated,
    /// is no error.</summary>
    private PruningProject? EvaluateBeside(string path, ParseResult arguments, CancellationToken cancellation)
    {
        try
        {
            return PruningProject.Evaluate(path, arguments.GetValue(configuration), cancellation);
        }
        catch (DiagnosticException exception)
        {
            if (exception.Diagnostics.All(diagnostic => diagnostic.Descriptor == ToolDiagnostics.ProjectUnreadable))
            {
                Terminal.Progress($"{exception.Message}; so this looks beside the recipe");
            }

            return null;
        }
    }

    /// <summary>The recipe of a project that is named, or its only one.</summary>
    private string Of(PruningProject evaluated, ParseResult arguments)
    {
        string all = string.Join(
            ", ",
            evaluated.Recipes.Select(path => System.IO.Path.GetRelativePath(Environment.CurrentDirectory, path)));
        if (arguments.GetResult(recipe) is not { Tokens.Count: > 0 })
        {
            return evaluated.Recipes is [var only]
                ? only
                : throw ToolDiagnostics.ProjectAmbiguous.Error(
                    new SourceLocation(evaluated.Path),
                    $"this project has several recipes; name one of them before --project: {all}");
        }

        string named = System.IO.Path.GetFullPath(RecipeFile.Find(arguments.GetRequiredValue(recipe)));
        return evaluated.Recipes.Contains(named)
            ? named
            : throw ToolDiagnostics.ProjectWithoutRecipe.Error(
                new SourceLocation(evaluated.Path),
                $"this project does not prune '{named}'; its recipes are: {all}");
    }
}
