using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Tool.Output;
using Spectre.Console;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm engine list</c>: the engines that are installed.</summary>
internal static class EngineListCommand
{
    public static Command Create()
    {
        Option<bool> json = CommandAction.Json();
        var command = new Command("list", "List the engines that are installed. None is started; 'doctor' does that.") { json };
        command.SetWork((arguments, _) =>
        {
            IReadOnlyList<InstalledEngine> engines = InstalledEngines.All();
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Directory = InstalledEngines.Root,
                    Engines = engines.Select(engine => new
                    {
                        engine.Name, TorchSharp = engine.Version, engine.Tool, Usable = engine.IsOfThisTool, engine.NumericsClass, engine.Description, engine.InstalledAt, engine.Folder,
                    }),
                },
                console => Show(engines, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("engine list", "The engines that are installed, and where."),
            new("engine list --json", "The same as JSON."),
        ]);
    }

    private static void Show(IReadOnlyList<InstalledEngine> engines, IAnsiConsole console)
    {
        if (engines.Count == 0)
        {
            console.WriteLine($"no engine is installed in {InstalledEngines.Root}; the built-in one computes. For an Nvidia GPU: {InstalledEngines.InstallCommand("cuda")}");
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("engine", "TorchSharp", "numerics", "computes on", "installed", "");
        foreach (InstalledEngine engine in engines)
        {
            table.AddRow(
                engine.Name,
                Markup.Escape(engine.Version),
                Markup.Escape(engine.NumericsClass ?? "not known yet"),
                Markup.Escape(engine.Description ?? ""),
                engine.InstalledAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                engine.IsOfThisTool ? "" : Markup.Escape($"of tool {engine.Tool}, not usable by this one"));
        }

        console.Write(table);
        console.WriteLine($"in {InstalledEngines.Root}");
    }
}
