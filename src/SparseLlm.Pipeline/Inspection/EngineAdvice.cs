using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What to type next about engines and GPUs.</summary>
internal static class EngineAdvice
{
    /// <summary>The advice, in sentences.</summary>
    /// <param name="graphics">The GPUs.</param>
    /// <param name="engines">The engines that are installed.</param>
    public static IEnumerable<string> Of(GraphicsProcessors graphics, IReadOnlyList<EngineState> engines)
    {
        string cuda = EngineKind.Cuda.Name;
        bool hasCuda = engines.Any(state => state.Engine.Name == cuda);
        if (graphics.Processors.Count > 0 && !hasCuda && EngineKind.Cuda.Package is not null)
        {
            yield return $"there is a GPU, and no engine that uses it; type: {InstalledEngines.InstallCommand(cuda)}";
        }

        if (graphics.Processors.Count == 0 && hasCuda)
        {
            yield return "the engine 'cuda' is installed, but no GPU is found: see that 'nvidia-smi' works here, and "
                + "that a container was given the GPU";
        }

        foreach (IGrouping<string, EngineState> name in engines.GroupBy(state => state.Engine.Name))
        {
            if (!name.Any(state => state.Engine.IsOfThisTool))
            {
                yield return $"the engine '{name.Key}' is of another version of the tool; type: "
                    + $"{InstalledEngines.InstallCommand(name.Key)}";
            }
            else if (graphics.Processors.Count > 0 && name.Key == cuda && !name.First().Starts)
            {
                yield return $"the engine '{cuda}' does not start though there is a GPU: its CUDA may be newer than "
                    + $"the driver {graphics.Driver} can run";
            }
            else if (name.Key != cuda && !name.First().Starts)
            {
                yield return $"the engine '{name.Key}' does not start; type: "
                    + $"{InstalledEngines.InstallCommand(name.Key)}";
            }
        }
    }
}
