using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>The tensors of a GGUF file, or those that a directory would have as one.</summary>
internal sealed class GgufModel : IDisposable
{
    private const int PieceLength = 1 << 16;

    private readonly IDisposable source;
    private readonly Func<GgufTensor, IEnumerable<ReadOnlyMemory<float>>> read;

    private GgufModel(
        IDisposable source,
        GgufMetadata metadata,
        IReadOnlyList<GgufTensor> tensors,
        Func<GgufTensor, IEnumerable<ReadOnlyMemory<float>>> read)
    {
        (this.source, this.read) = (source, read);
        Architecture = metadata.TryGet("general.architecture", out string? name) ? name : "";
        Tensors = tensors;
    }

    /// <summary>The name of the architecture, as llama.cpp has it; empty where the file has none.</summary>
    public string Architecture { get; }

    /// <summary>Its tensors in their order.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Opens a GGUF file, or a Hugging Face directory as if it was one.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be read, or GGUF cannot hold the model.</exception>
    public static GgufModel Open(string path)
    {
        if (Directory.Exists(path))
        {
            GgufExport export = GgufExport.Open(path, new GgufExportOptions(GgufElementType.F32));
            return new GgufModel(export, export.Metadata, export.Tensors, export.Read);
        }

        GgufFile file = GgufFile.Open(path);
        return new GgufModel(file, file.Metadata, file.Tensors, tensor => Pieces(file, (GgufStoredTensor)tensor));
    }

    /// <summary>All values of a tensor in order; each piece is valid until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<float>> Read(GgufTensor tensor) => read(tensor);

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    private static IEnumerable<ReadOnlyMemory<float>> Pieces(GgufFile file, GgufStoredTensor tensor)
    {
        var values = new float[Math.Min(PieceLength, tensor.ElementCount)];
        for (long start = 0; start < tensor.ElementCount; start += values.Length)
        {
            Memory<float> piece = values.AsMemory(0, (int)Math.Min(values.Length, tensor.ElementCount - start));
            file.Read(tensor, start, piece.Span);
            yield return piece;
        }
    }
}
