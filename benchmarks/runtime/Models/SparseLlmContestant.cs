using SparseLlm.Runtime;
using SparseLlm.Runtime.Decoding;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>SparseLlm.Runtime.</summary>
internal sealed class SparseLlmContestant : IContestant
{
    private readonly LanguageModel model;
    private readonly TokenSequence sequence;

    public SparseLlmContestant(string name, string directory, int threads, int contextLength)
    {
        Name = name;
        model = LanguageModel.Open(
            directory,
            new LanguageModelOptions { Threads = threads, ContextLength = contextLength });
        sequence = model.NewSequence();
    }

    public string Name { get; }

    public long Bytes => model.Memory.Weights;

    public void Prefill(int[] tokens)
    {
        sequence.Clear();
        model.Read(sequence, tokens);
    }

    public void Decode(int token) => model.Read(sequence, [token]);

    public void Dispose()
    {
        sequence.Dispose();
        model.Dispose();
    }
}
