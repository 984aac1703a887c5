using LLama.Native;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>llama.cpp, with the settings that it has by itself.</summary>
internal sealed class LlamaCppContestant : IContestant
{
    private readonly SafeLlamaModelHandle model;
    private readonly SafeLLamaContextHandle context;
    private int length;

    public LlamaCppContestant(string name, string path, int threads, int contextLength)
    {
        Name = name;
        Bytes = WeightsOf(path);
        LLamaModelParams loading = LLamaModelParams.Default();
        loading.n_gpu_layers = 0;
        model = SafeLlamaModelHandle.LoadFromFile(path, loading);
        LLamaContextParams running = LLamaContextParams.Default();
        running.n_ctx = (uint)contextLength;
        running.n_threads = running.n_threads_batch = threads;
        context = SafeLLamaContextHandle.Create(model, running);
    }

    /// <summary>Chooses the build of the library that uses given instructions, and keeps it quiet. Before the first
    /// model.</summary>
    public static void Configure(bool isAvx512)
    {
        NativeLibraryConfig.All.WithAvx(isAvx512 ? AvxLevel.Avx512 : AvxLevel.Avx2).WithLogCallback((_, _) => { });

        // Loads the library, which calls to it do not do by themselves.
        NativeApi.llama_empty_call();
    }

    public string Name { get; }

    public long Bytes { get; }

    public void Prefill(int[] tokens)
    {
        context.MemoryClear();
        length = 0;
        Add(tokens);
    }

    public void Decode(int token) => Add([token]);

    public void Dispose()
    {
        context.Dispose();
        model.Dispose();
    }

    /// <summary>The token table is read whole only where it gives the logits, too.</summary>
    private static long WeightsOf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        bool hasHead = file.Tensors.Any(tensor => tensor.Name == "output.weight");
        return file.Tensors.Where(tensor => !hasHead || tensor.Name != "token_embd.weight")
            .Sum(tensor => tensor.StoredLength);
    }

    private void Add(int[] tokens)
    {
        var batch = new LLamaBatch();
        for (int i = 0; i < tokens.Length; i++)
        {
            batch.Add(tokens[i], length + i, LLamaSeqId.Zero, logits: i == tokens.Length - 1);
        }

        DecodeResult result = context.Decode(batch);
        if (result != DecodeResult.Ok)
        {
            throw new InvalidOperationException($"llama.cpp does not decode: {result}");
        }

        context.GetLogitsIth(tokens.Length - 1);
        length += tokens.Length;
    }
}
