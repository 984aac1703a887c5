using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>Whether an installed engine works here, found out by starting it.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Starts">Whether its worker starts and fits the tool.</param>
/// <param name="Says">What the worker says of itself, or why it does not start.</param>
internal sealed record EngineState(InstalledEngine Engine, bool Starts, string Says)
{
    /// <summary>Starts an engine and ends it again.</summary>
    public static EngineState Of(InstalledEngine engine)
    {
        try
        {
            using var worker = new WorkerEngine(engine, new EngineChoice(engine.Name));
            return new EngineState(engine, Starts: true, worker.Start().Description);
        }
        catch (DiagnosticException exception)
        {
            return new EngineState(engine, Starts: false, exception.Diagnostics[0].Message);
        }
    }
}
