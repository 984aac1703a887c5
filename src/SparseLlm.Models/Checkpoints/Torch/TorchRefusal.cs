using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>Why a file of torch.save is not read.</summary>
internal static class TorchRefusal
{
    private const string Rewrite = "; download it again, or load it with torch and save it again";

    /// <summary>The file breaks its format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong.</param>
    public static DiagnosticException Malformed(string path, string problem) =>
        ModelDiagnostics.MalformedTorchFile.Error(new SourceLocation(path), problem + Rewrite);

    /// <summary>The file ends before what it says is in it does.</summary>
    public static DiagnosticException Truncated(string path, string problem) =>
        ModelDiagnostics.MalformedTorchFile
            .Error(new SourceLocation(path), $"{problem}; the file is truncated, so download it again");

    /// <summary>The file is in a form of torch.save that is not read here, or something else than such a
    /// file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What it is, and what to do.</param>
    public static DiagnosticException Other(string path, string problem)
        => ModelDiagnostics.MalformedTorchFile.Error(new SourceLocation(path), problem);

    /// <summary>The file asks for something else than tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it asks for.</param>
    public static DiagnosticException Foreign(string path, string what) => ModelDiagnostics.ForeignObject.Error(
        new SourceLocation(path),
        $"the file asks for {Excerpt.Of(what)}, which has no place among weights. Nothing of it was run. Use weights "
        + $"from a source that you trust: model.safetensors, or " +
        "a file of nothing but tensors, torch.save(model.state_dict(), ...)");
}
