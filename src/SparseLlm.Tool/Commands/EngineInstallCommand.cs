using System.CommandLine;
using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Installing;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm engine install NAME</c>: publishes an engine into the user's folder of engines.</summary>
internal static class EngineInstallCommand
{
    public static Command Create()
    {
        Argument<string> name = EngineCommand.Name();
        var version = new Option<string?>("--version")
        {
            Description = $"The version of TorchSharp; by default {TorchVersions.TorchSharp}."
        };
        var source = new Option<string[]>("--source")
        {
            Description = "A NuGet feed or a folder of packages besides the configured ones. May be given more than "
            + "once."
        };
        var configuration = new Option<string?>("--configfile")
        {
            Description = "The NuGet.config to go by; by default those of this folder and above it, and the user's "
            + "own, as for 'dotnet tool install'."
        };
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "install",
            "Install an engine. It takes the .NET SDK, and for cuda several gigabytes.") { name, version, source,
            configuration, json };
        command.SetWork((arguments, cancellation) =>
        {
            EngineKind kind = EngineKind.All.Single(kind => kind.Name == arguments.GetRequiredValue(name));
            var sources = new EngineSources(arguments.GetValue(source) ?? [], arguments.GetValue(configuration));
            var installation = new EngineInstallation(
                kind,
                Version(arguments.GetValue(version)),
                sources,
                Terminal.Progress);
            (InstalledEngine engine, Diagnostic? trouble) = installation.Run(cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    engine.Name,
                    engine.Version,
                    engine.Folder,
                    NumericsClass = engine
                    .CurrentNumericsClass,
                    engine.Description,
                    Trouble = trouble?.Message
                },
                console =>
                {
                    console.WriteLine($"{engine.Name} with TorchSharp {engine.Version}: {engine.Folder}");
                    console.WriteLine(trouble is null
                        ? $"it computes on {engine.Description}; use it with device: {engine.Name} in a recipe, or "
                            + $"--device {engine.Name}"
                        : $"it is installed; {trouble.Message}");
                });
            return ExitCodes.Done;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("engine install cuda", "The engine for Nvidia GPUs."),
            new(
                $"engine install cpu-torch --version {TorchVersions.TorchSharp} --source packages",
                "libtorch on the processor, with packages from a folder as well."),
        ]);
    }

    private static NuGetVersion Version(string? text) => text is null
        ? TorchVersions.TorchSharp
        : NuGetVersion.TryParse(text, out NuGetVersion? version)
            ? version
            : throw ToolDiagnostics.InvalidOption.Error(
                null,
                $"--version is '{text}', which is not a version; write it like {TorchVersions.TorchSharp}");
}
