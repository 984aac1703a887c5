using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Weights;

namespace SparseLlm.Runtime;

/// <summary>Models that go through whole sequences, layer by layer, with the kernels that <see cref="LanguageModel"/>
/// generates with.</summary>
public static class StoredModel
{
    /// <summary>Opens a model whose matrices stay as they are stored, in mapped files, until it is disposed.</summary>
    /// <param name="directory">An artifact, packed or dense, or another Hugging Face directory.</param>
    /// <param name="backend">Where activations are; not disposed with the model.</param>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory.</exception>
    public static DecoderModel Open(string directory, CpuBackend backend) =>
        DecoderModel.Open(
            directory,
            backend,
            checkpoint => new StoredWeightLoader(checkpoint, backend, new MappedFiles(checkpoint)));
}
