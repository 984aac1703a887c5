using System.Diagnostics;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>How fast SparseLlm.Runtime generates with the dense model and with the pruned one as it is stored, token by
/// token, on the machine that made it.</summary>
/// <param name="Dense">Tokens a second of the dense model.</param>
/// <param name="Pruned">Tokens a second of the pruned model.</param>
/// <param name="Threads">On so many threads.</param>
/// <param name="Instructions">With these instructions.</param>
internal sealed record SpeedReport(double Dense, double Pruned, int Threads, string Instructions) : IJsonOnDeserialized
{
    private const int TokensPerTurn = 4;
    private const int LeastTurns = 3;
    private const int MostTurns = 25;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Measures both in turn, for some seconds at most where they are fast enough; null where one of them
    /// cannot generate.</summary>
    /// <param name="dense">The dense model's directory.</param>
    /// <param name="pruned">The pruned model's directory.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    internal static SpeedReport? Measure(string dense, string pruned, CancellationToken cancellation)
    {
        try
        {
            using var one = new Runner(dense);
            using var other = new Runner(pruned);
            (List<double> denseTimes, List<double> prunedTimes) = ([], []);
            one.Turn(cancellation);
            other.Turn(cancellation);
            for (long begin = Stopwatch.GetTimestamp(); denseTimes.Count < LeastTurns
                || (denseTimes.Count < MostTurns && Stopwatch.GetElapsedTime(begin) < Patience);)
            {
                denseTimes.Add(one.Turn(cancellation));
                prunedTimes.Add(other.Turn(cancellation));
            }

            return new SpeedReport(
                TokensPerSecond(denseTimes),
                TokensPerSecond(prunedTimes),
                one.Threads,
                InstructionSets.Best.ToString().ToLowerInvariant());
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }

    private static double TokensPerSecond(List<double> turns)
    {
        turns.Sort();
        return Math.Round(TokensPerTurn / turns[turns.Count / 2], 2);
    }

    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            Dense > 0 && Pruned > 0 && Threads > 0 && Instructions.Length is > 0 and < 32,
            "a speed is none that a model can have");

    /// <summary>A model that goes on with any tokens.</summary>
    private sealed class Runner : IDisposable
    {
        private readonly LanguageModel model;
        private readonly TokenSequence sequence;

        public Runner(string directory)
        {
            model = LanguageModel.Open(directory);
            sequence = model.NewSequence();
        }

        public int Threads => model.Threads;

        /// <summary>The seconds of a turn.</summary>
        public double Turn(CancellationToken cancellation)
        {
            if (sequence.Length + TokensPerTurn > model.ContextLength)
            {
                sequence.Clear();
            }

            long begin = Stopwatch.GetTimestamp();
            for (int token = 0; token < TokensPerTurn && token < model.ContextLength; token++)
            {
                cancellation.ThrowIfCancellationRequested();
                model.Read(sequence, [sequence.Length % model.Definition.VocabularySize], cancellation);
            }

            return Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        public void Dispose()
        {
            sequence.Dispose();
            model.Dispose();
        }
    }
}
