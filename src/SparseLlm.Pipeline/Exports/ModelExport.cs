using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Exports;

/// <summary>A model that was written as GGUF without a recipe.</summary>
/// <param name="Type">How its matrices are stored.</param>
/// <param name="Files">Its files.</param>
/// <param name="Bytes">What they take.</param>
/// <param name="HasProvenance">Whether they say which prune the model comes from.</param>
/// <param name="Notes">What a user should know of it.</param>
internal sealed record ModelExport(
    string Type,
    IReadOnlyList<string> Files,
    long Bytes,
    bool HasProvenance,
    IReadOnlyList<Diagnostic> Notes)
{
    /// <summary>Writes a model as GGUF.</summary>
    /// <param name="model">A Hugging Face directory, dense or pruned.</param>
    /// <param name="file">The file to write; it ends in <c>.gguf</c>.</param>
    /// <param name="type">How matrices are stored; null as in the checkpoint.</param>
    /// <param name="name">What the model is called; null for the name of its artifact, or else of its
    /// directory.</param>
    /// <param name="progress">Told when it is written.</param>
    /// <param name="cancellation">Stops between pieces, and leaves nothing behind.</param>
    /// <exception cref="DiagnosticException">GGUF cannot hold the model, or something else than a GGUF file is in its
    /// place.</exception>
    public static ModelExport Run(
        string model,
        string file,
        GgufElementType? type,
        string? name,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        string path = Path.GetFullPath(file);

        // One that others have edited since does not come from there any more.
        ArtifactManifest? manifest = ArtifactManifest.TryRead(model) is { } found
            && ArtifactState.IsIntact(model, found, new FileDigests(memoDirectory: null)) ? found : null;
        var options = new GgufExportOptions(type)
        {
            Name = name ?? manifest?.Artifact,
            CodeBits = manifest?.Inputs.Quantization?.Bits,
            TableCodeBits = manifest?.Inputs.Quantization?.Embeddings,
            Provenance = manifest is null ? new GgufMetadata() : GgufProvenance.Of(manifest)
        };
        using GgufExport export = GgufExport.Open(model, options);
        string[] files = [.. export.Files(path)];
        Array.ForEach(files, RequireReplaceable);
        try
        {
            string directory = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(directory);
            DiskSpace.Require(directory, export.ByteLength);
            progress?.Report(new Exporting(ModelName.Of(model), Path.GetFileName(path)));
            export.Write(path, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(path, exception);
        }

        return new ModelExport(
            export.Type.Name().ToLowerInvariant(),
            files,
            export.ByteLength,
            manifest is not null,
            export.Deviations);
    }

    /// <summary>Only a GGUF file is replaced: a slip of the finger must not cost another.</summary>
    private static void RequireReplaceable(string path)
    {
        if (Directory.Exists(path))
        {
            throw PipelineDiagnostics.OutputNotOurs
                .Error(new SourceLocation(path), "this is a directory, and the export is a file; name one in it");
        }

        if (File.Exists(path) && !GgufFile.IsAt(path))
        {
            throw PipelineDiagnostics.OutputNotOurs.Error(
                new SourceLocation(path),
                "this file exists and is no GGUF file, so it will not be overwritten; choose another name or remove it");
        }
    }
}
