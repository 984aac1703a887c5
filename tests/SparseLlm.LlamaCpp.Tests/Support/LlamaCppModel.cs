using System.Text;
using LLama.Native;

namespace SparseLlm.LlamaCpp.Tests.Support;

/// <summary>A GGUF file in llama.cpp: on the CPU, in single precision wherever it leaves the choice.</summary>
internal sealed class LlamaCppModel : IDisposable
{
    private readonly SafeLlamaModelHandle model;
    private readonly SafeLLamaContextHandle? context;

    private LlamaCppModel(SafeLlamaModelHandle model, SafeLLamaContextHandle? context)
        => (this.model, this.context) = (model, context);

    /// <summary>The metadata, as llama.cpp prints it.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Enumerable.Range(0, model.MetadataCount).ToDictionary(
        index => Text(model.MetadataKeyByIndex(index)), index => Text(model.MetadataValueByIndex(index)));

    /// <summary>Tokens of the vocabulary.</summary>
    public int Vocabulary => model.Vocab.Count;

    /// <summary>Loads a file, or a model of several by the first of them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The longest sequence to come.</param>
    public static LlamaCppModel Load(string path, int longest) => LlamaCppLog.Around(() =>
    {
        LLamaModelParams loading = LLamaModelParams.Default();
        loading.n_gpu_layers = 0;
        loading.check_tensors = true;
        SafeLlamaModelHandle model = SafeLlamaModelHandle.LoadFromFile(path, loading);

        LLamaContextParams running = LLamaContextParams.Default();
        running.n_ctx = running.n_batch = running.n_ubatch = (uint)longest;
        running.n_threads = running.n_threads_batch = 1;
        running.type_k = running.type_v = GGMLType.GGML_TYPE_F32;
        running.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        return new LlamaCppModel(model, SafeLLamaContextHandle.Create(model, running));
    });

    /// <summary>Loads the vocabulary of a file, which may be all that it has.</summary>
    public static LlamaCppModel LoadVocabulary(string path) => LlamaCppLog.Around(() =>
    {
        LLamaModelParams loading = LLamaModelParams.Default();
        loading.vocab_only = true;
        return new LlamaCppModel(SafeLlamaModelHandle.LoadFromFile(path, loading), context: null);
    });

    /// <summary>The logits behind every token of a sequence.</summary>
    public float[][] Logits(ReadOnlySpan<int> ids)
    {
        var batch = new LLamaBatch();
        for (int position = 0; position < ids.Length; position++)
        {
            batch.Add(ids[position], position, LLamaSeqId.Zero, logits: true);
        }

        LlamaCppLog.Around(() =>
        {
            context!.MemoryClear();
            DecodeResult result = context.Decode(batch);
            return result == DecodeResult.Ok
                ? result
                : throw new InvalidOperationException($"llama.cpp does not decode: {result}");
        });
        return [.. Enumerable.Range(0, ids.Length).Select(position => context!.GetLogitsIth(position).ToArray())];
    }

    /// <summary>The ids of a text's tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Whether the tokens that the model wants around a text are added.</param>
    /// <param name="parseSpecial">Whether special tokens in the text are taken as such.</param>
    public int[] Encode(string text, bool addSpecial, bool parseSpecial) =>
        [.. model.Tokenize(text, addSpecial, parseSpecial, Encoding.UTF8).Select(token => (int)token)];

    /// <summary>The perplexity over non-overlapping windows, whose first token is not predicted.</summary>
    public double Perplexity(int[] ids, int window)
    {
        double[] losses = [.. ids.Chunk(window).Where(chunk => chunk.Length == window).SelectMany(Losses)];
        return Math.Exp(losses.Average());
    }

    public void Dispose()
    {
        context?.Dispose();
        model.Dispose();
    }

    private IEnumerable<double> Losses(int[] ids)
    {
        float[][] logits = Logits(ids);
        return ids.Skip(1).Select((id, position) => Loss(logits[position], id));
    }

    private static double Loss(float[] logits, int id)
    {
        double greatest = logits.Max();
        return Math.Log(logits.Sum(logit => Math.Exp(logit - greatest))) + greatest - logits[id];
    }

    private static string Text(Memory<byte>? bytes) => Encoding.UTF8.GetString(bytes!.Value.Span);
}
