using System.Diagnostics;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Decoding;

namespace SparseLlm.Tool.Generating;

/// <summary>Times a model on random tokens: no tokenizer is needed, and every run reads the same ones.</summary>
/// <param name="model">The model.</param>
/// <param name="promptTokens">Tokens that are read at once.</param>
/// <param name="tokens">Tokens that follow one by one.</param>
internal sealed class Benchmark(LanguageModel model, int promptTokens, int tokens)
{
    private const int Seed = 20261126;

    private readonly int[] ids = Ids(model.Definition.VocabularySize, promptTokens + tokens);

    /// <summary>Tokens a second, the medians of several runs. One that is not counted goes before them: files are read,
    /// and code is compiled.</summary>
    /// <param name="repeat">How many runs.</param>
    /// <param name="progress">Told of runs that are done.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    public (double Prefill, double Decode) Run(int repeat, Action<int> progress, CancellationToken cancellation)
    {
        using TokenSequence sequence = model.NewSequence();
        Time(sequence, cancellation);
        var prefill = new List<TimeSpan>();
        var decode = new List<TimeSpan>();
        for (int run = 1; run <= repeat; run++)
        {
            (TimeSpan reading, TimeSpan generating) = Time(sequence, cancellation);
            prefill.Add(reading);
            decode.Add(generating);
            progress(run);
        }

        return (promptTokens / Median(prefill), tokens / Median(decode));
    }

    private (TimeSpan Prefill, TimeSpan Decode) Time(TokenSequence sequence, CancellationToken cancellation)
    {
        sequence.Clear();
        long begin = Stopwatch.GetTimestamp();
        model.Read(sequence, ids[..promptTokens], cancellation);
        TimeSpan prefill = Stopwatch.GetElapsedTime(begin);
        begin = Stopwatch.GetTimestamp();
        foreach (int id in ids[promptTokens..])
        {
            cancellation.ThrowIfCancellationRequested();
            model.Read(sequence, [id], cancellation);
        }

        return (prefill, Stopwatch.GetElapsedTime(begin));
    }

    private static int[] Ids(int vocabulary, int count)
    {
        var random = new Random(Seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }

    private static double Median(List<TimeSpan> times)
    {
        times.Sort();
        return ((times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2).TotalSeconds;
    }
}
