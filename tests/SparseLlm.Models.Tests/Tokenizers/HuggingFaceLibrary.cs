using System.Runtime.InteropServices;
using HuggingFace = Tokenizers.DotNet.Tokenizer;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>A tokenizer.json as the tokenizers library of Hugging Face itself reads it.</summary>
internal sealed class HuggingFaceLibrary : IDisposable
{
    private readonly HuggingFace tokenizer;

    private HuggingFaceLibrary(HuggingFace tokenizer) => this.tokenizer = tokenizer;

    /// <summary>Reads a file, where the library is; elsewhere the test is skipped.</summary>
    public static HuggingFaceLibrary Read(string path)
    {
        bool isThere = NativeLibrary.TryLoad("hf_tokenizers", typeof(HuggingFace).Assembly, null, out _);
        Skip.IfNot(isThere, "the tokenizers library of Hugging Face comes with the tests for Linux on x64 only");
        return new HuggingFaceLibrary(new HuggingFace(path));
    }

    /// <summary>The ids of a text, with the special tokens around it.</summary>
    public int[] Encode(string text) => Array.ConvertAll(tokenizer.Encode(text), id => (int)id);

    /// <summary>The text of ids, without special tokens.</summary>
    public string Decode(int[] ids) => tokenizer.Decode(Array.ConvertAll(ids, id => (uint)id));

    public void Dispose() => tokenizer.Dispose();
}
