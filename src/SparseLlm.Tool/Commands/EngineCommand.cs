using System.CommandLine;
using SparseLlm.Pipeline.Engines;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm engine</c>: what computes besides the built-in engine.</summary>
internal static class EngineCommand
{
    public static Command Create() => new Command(
        "engine",
        "Install, list or remove engines that compute with libtorch, on a GPU or on the processor.")
    {
        EngineInstallCommand.Create(),
        EngineListCommand.Create(),
        EngineRemoveCommand.Create(),
    }.WithExamples(
    [
        new("engine install cuda", "Let builds compute on an Nvidia GPU."),
        new("engine list", "What is installed."),
        new("engine remove cuda", "Free its space."),
    ]);

    /// <summary>The argument that names an engine.</summary>
    public static Argument<string> Name()
    {
        var name = new Argument<string>("name")
        {
            Description = $"The engine: {string.Join(" or ", EngineKind.All.Select(kind => kind.Name))}."
        };
        name.AcceptOnly([.. EngineKind.All.Select(kind => kind.Name)]);
        return name;
    }
}
