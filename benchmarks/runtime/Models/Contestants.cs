using System.Diagnostics;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>Who takes part.</summary>
internal static class Contestants
{
    /// <summary>What all are held against.</summary>
    public const string Dense = "dense BF16";

    /// <summary>The peer that speed is held against.</summary>
    public const string PeerBFloat16 = "llama.cpp BF16";

    /// <summary>The peer that prompts are held against.</summary>
    public const string PeerHalf = "llama.cpp F16";

    /// <summary>The names, in the order of the table.</summary>
    public static IReadOnlyList<string> Names { get; }
        =
        [
            Dense, "50 %", "70 %", "2:4", "int8", "50 % int8", "int4", "50 % int4", "70 % int4",
            "50 % int8, tables int8", "50 % int4, tables int8", "50 % int4, tables int4",
            PeerBFloat16, PeerHalf, "llama.cpp Q8_0", "llama.cpp Q4_0",
        ];

    /// <summary>Opens one; its files are written first where they are not there.</summary>
    public static (IContestant Contestant, double LoadSeconds) Open(
        string name,
        RandomModel model,
        int threads,
        int contextLength)
    {
        string path = PathOf(name, model);
        long start = Stopwatch.GetTimestamp();
        IContestant contestant = File.Exists(path)
            ? new LlamaCppContestant(name, path, threads, contextLength)
            : new SparseLlmContestant(name, path, threads, contextLength);
        return (contestant, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>The file or directory of one's model.</summary>
    public static string PathOf(string name, RandomModel model) => name switch
    {
        Dense => model.Dense(),
        "50 %" => model.Unstructured(0.5),
        "70 %" => model.Unstructured(0.7),
        "2:4" => model.TwoOfFour(),
        "int8" => model.Quantized(8, 0),
        "50 % int8" => model.Quantized(8, 0.5),
        "int4" => model.Quantized(4, 0),
        "50 % int4" => model.Quantized(4, 0.5),
        "70 % int4" => model.Quantized(4, 0.7),
        "50 % int8, tables int8" => model.Quantized(8, 0.5, tableBits: 8),
        "50 % int4, tables int8" => model.Quantized(4, 0.5, tableBits: 8),
        "50 % int4, tables int4" => model.Quantized(4, 0.5, tableBits: 4),
        PeerBFloat16 => model.Gguf(GgufElementType.BF16),
        PeerHalf => model.Gguf(GgufElementType.F16),
        "llama.cpp Q8_0" => model.Gguf(GgufElementType.Q8_0),
        "llama.cpp Q4_0" => model.Gguf(GgufElementType.Q4_0),
        _ => throw new ArgumentException($"There is no '{name}'.", nameof(name)),
    };
}
