using System.CommandLine;
using System.Text.RegularExpressions;
using SparseLlm.Hub;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm pull [WHAT]</c>: brings models and texts of the hub into its cache on this machine.</summary>
internal static partial class PullCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what")
        {
            Description = $"What to fetch: hf://owner/name, with @revision if it is not main; "
                + $"hf://datasets/owner/name/path; or a recipe, for all that it names. By default "
                + $"{RecipeFile.DefaultName} here.",
            DefaultValueFactory = _ => [RecipeFile.DefaultName],
        };
        var sources = new SourceOptions();
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command(
            "pull",
            "Download models and texts of the Hugging Face hub, as far as they are not here.") { what, json,
            noProgress };
        command.SetWork((arguments, cancellation) =>
        {
            bool quiet = arguments.GetValue(noProgress);
            HubSource[] here = [.. arguments.GetRequiredValue(what)
                .SelectMany(named => Pull(named, arguments, sources, quiet, cancellation))];
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Sources = here.Select(
                    source => new
                    {
                        Address = source.Address.ToString(),
                        source.Commit,
                        source.Directory,
                        source.Files
                    })
                },
                console =>
                {
                    foreach (string place in here.SelectMany(
                        source => source.Address.Path is null ? [source.Directory] : source.Paths))
                    {
                        console.WriteLine(place);
                    }

                    if (here.Length == 0)
                    {
                        console.WriteLine("the recipe names nothing of the hub");
                    }
                });
            return ExitCodes.Done;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("pull", "What pruning.yaml here names of the hub, at the commits of its lock file."),
            new("pull hf://Qwen/Qwen3-0.6B", "A model; prints the folder that it is in."),
            new("pull hf://datasets/allenai/c4/en/c4-train.00000-of-01024.json.gz", "One file of a data set."),
        ]);
    }

    private static IEnumerable<HubSource> Pull(
        string named,
        ParseResult arguments,
        SourceOptions sources,
        bool quiet,
        CancellationToken cancellation)
    {
        if (Address(named) is { } address)
        {
            return [sources.Fetch(arguments, address, quiet, cancellation)];
        }

        Recipe recipe = RecipeFile.Read(named, out _);
        return sources.Fetch(arguments, recipe, isLocked: false, quiet, cancellation).Sources;
    }

    /// <summary>An address, or <c>owner/name</c> as the hub's own tool takes it where that is no path of something;
    /// null where a recipe is meant.</summary>
    private static HubAddress? Address(string named) =>
        HubAddress.IsMeant(named) ? HubAddress.Parse(named)
        : !Path.Exists(named) && Repository().IsMatch(named) ? HubAddress.Parse(HubAddress.Scheme + named)
        : null;

    [GeneratedRegex(@"^[\w.-]+/[\w.-]+(@[\w./-]+)?\z(?<!\.ya?ml)")]
    private static partial Regex Repository();
}
