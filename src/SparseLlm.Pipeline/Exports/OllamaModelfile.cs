using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;

namespace SparseLlm.Pipeline.Exports;

/// <summary><c>Modelfile</c>: what Ollama makes a model of its own from. It says nothing that the GGUF file says
/// too.</summary>
internal static class OllamaModelfile
{
    /// <summary>The file, for the first of an artifact's GGUF files; null where it has none, or one in parts, which
    /// Ollama does not read.</summary>
    public static string? Render(ArtifactManifest manifest) => manifest.Exports is [{ Files.Count: 1 } export, ..]
        ? $"# In this directory: ollama create {manifest.Artifact} -f {ArtifactFiles.Modelfile}\nFROM ./{export.File}\n"
        : null;
}
