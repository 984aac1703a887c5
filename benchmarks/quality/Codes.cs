using System.Globalization;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>How the matrices of a cell are quantised: codes of a few bits, times a half-precision scale for each group
/// of columns.</summary>
/// <param name="Kind">Who chooses the codes: <c>int</c> is the prune itself, <c>rtn</c> rounds its result to nearest,
/// and <c>q</c> rounds it as GGUF's types of that name.</param>
/// <param name="Bits">Bits of a code.</param>
/// <param name="Group">Columns of a group.</param>
/// <param name="Embeddings">Bits of the tables of tokens; null where they stay as they are.</param>
internal sealed record Codes(string Kind, int Bits, int Group, int? Embeddings)
{
    private const int ScaleBits = 16;
    private const int GgufBlock = 32;

    /// <summary>Reads <c>int4/64</c>, with tables in 8 bits <c>int4/64/8</c>,
    /// <c>rtn4/64</c>, <c>q4_0</c> or <c>q8_0</c>.</summary>
    public static Codes Parse(string text)
    {
        string kind = text.TrimEnd([.. "0123456789/_"]);
        string[] numbers = text[kind.Length..].Split('/', '_');
        return new Codes(
            kind,
            Number(numbers[0]),
            kind == "q" ? GgufBlock : Number(numbers[1]),
            numbers.Length > 2 ? Number(numbers[2]) : null);
    }

    /// <summary>What the prune is told; null where its result is rounded.</summary>
    public Quantization? InSolve => Kind == "int" ? new Quantization(Bits, Group, Embeddings) : null;

    /// <summary>Rounds a matrix.</summary>
    public float[] Rounded(float[] values, int columns)
    {
        if (Kind == "rtn")
        {
            return RoundingToNearest.Rounded(values, columns, new Quantization(Bits, Group));
        }

        var blocks = new byte[values.Length / Group * (Group * Bits + ScaleBits) / 8];
        var rounded = new float[values.Length];
        if (Bits == 4)
        {
            FourBitBlocks.Quantize(values, blocks, hasCodes: false);
            FourBitBlocks.Dequantize(blocks, rounded);
        }
        else
        {
            EightBitBlocks.Quantize(values, blocks, hasCodes: false);
            EightBitBlocks.Dequantize(blocks, rounded);
        }

        return rounded;
    }

    /// <summary>Bits of codes and scales.</summary>
    /// <param name="kept">The share of weights that have a code.</param>
    public double BitsPerWeight(double kept) => kept * Bits + (double)ScaleBits / Group;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
