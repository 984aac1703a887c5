using System.CommandLine;
using NuGet.Versioning;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Installing;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm engine remove NAME</c>: removes an engine, of every version or of one.</summary>
internal static class EngineRemoveCommand
{
    public static Command Create()
    {
        Argument<string> name = EngineCommand.Name();
        var version = new Option<string?>("--version") { Description = "The version of TorchSharp; by default all." };

        // A shell may expand what it is offered, so that nothing but versions is.
        version.CompletionSources.Add(context => InstalledEngines.All().Select(engine => engine.Version)
            .Where(known => NuGetVersion.TryParse(known, out _))
            .Distinct()
            .Select(known => new System.CommandLine.Completions.CompletionItem(known)));
        Option<bool> json = CommandAction.Json();
        var command = new Command("remove", "Remove an engine.") { name, version, json };
        command.SetWork((arguments, _) =>
        {
            IReadOnlyList<InstalledEngine> removed = InstalledEngines.Remove(
                arguments.GetRequiredValue(name),
                arguments.GetValue(version));
            new Terminal(arguments.GetValue(json)).Result(
                new { FormatVersion = 1, Removed = removed.Select(engine => engine.Folder) },
                console =>
                {
                    foreach (InstalledEngine engine in removed)
                    {
                        console.WriteLine($"removed: {engine.Folder}");
                    }
                });
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("engine remove cuda", "Remove it in every version."),
            new($"engine remove cpu-torch --version {TorchVersions.TorchSharp}", "Remove one version."),
        ]);
    }
}
