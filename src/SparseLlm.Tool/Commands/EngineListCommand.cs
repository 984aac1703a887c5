using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm engine list</c>: the engines that are installed.</summary>
internal static class EngineListCommand
{
    public static Command Create()
    {
        Option<bool> json = CommandAction.Json();
        var command = new Command("list", "List the engines that are installed. None is started; 'doctor' does that.")
        {
            json
        };
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
                        engine.Name,
                        TorchSharp = engine.Version,
                        engine.Tool,
                        Usable = engine.IsOfThisTool,
                        NumericsClass = engine.CurrentNumericsClass,
                        engine.Description,
                        engine.InstalledAt,
                        engine.Folder,
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

    private static void Show(IReadOnlyList<InstalledEngine> engines, TextOutput console)
    {
        if (engines.Count == 0)
        {
            console.WriteLine($"no engine is installed in {InstalledEngines.Root}; the built-in one computes. For an "
                + $"Nvidia GPU: {InstalledEngines.InstallCommand("cuda")}");
            return;
        }

        console.WriteTable(["engine", "TorchSharp", "numerics?", "computes on?", "installed?", ""], engines
            .Select(engine => (string[])
                [
                    engine.Name,
                    engine.Version,
                    engine.CurrentNumericsClass ?? "not known yet",
                    engine.Description ?? "",
                    engine.InstalledAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    engine.IsOfThisTool ? "" : $"of tool {engine.Tool}, not usable by this one",
                ]));
        console.WriteLine($"in {InstalledEngines.Root}");
    }
}
