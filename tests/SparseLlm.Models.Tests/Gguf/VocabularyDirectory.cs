using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Gguf.Vocabulary;
using SparseLlm.Models.Tests.Tokenizers;

namespace SparseLlm.Models.Tests.Gguf;

/// <summary>A directory with a tokenizer and the files beside it, and what goes into a GGUF file of it.</summary>
internal sealed class VocabularyDirectory : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("vocabulary").FullName;

    public VocabularyDirectory()
    {
    }

    public VocabularyDirectory(TokenizerJson tokenizer) => tokenizer.Write(this.path);

    public IReadOnlyList<Diagnostic> Warnings { get; private set; } = [];

    public VocabularyDirectory With(string file, string text)
    {
        string path = Path.Combine(this.path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return this;
    }

    public GgufMetadata Write(int size, string name = "model")
    {
        var metadata = new GgufMetadata();
        metadata.Set("general.name", name);
        Warnings = GgufVocabulary.Write(metadata, this.path, size);
        return metadata;
    }

    public void Dispose() => Directory.Delete(this.path, recursive: true);
}
