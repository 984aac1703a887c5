using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>Rounds weights to what a format holds; see <see cref="IPruningKernels.RoundTo"/>.</summary>
/// <param name="format">The format.</param>
internal sealed unsafe class FormatRounding(NumberFormat format)
{
    private const int AtOnce = 1024;

    private readonly float least = format.LeastMagnitude();

    /// <summary>Rounds in place.</summary>
    public void Run(WorkerTeam team, View<float> weights) =>
        team.RunChunks(
            weights.Length,
            WorkerTeam.Chunk,
            (start, count) => Run(new Span<float>(weights.Data + start, (int)count)));

    private void Run(Span<float> weights)
    {
        Span<byte> stored = stackalloc byte[AtOnce * sizeof(float)];
        Span<float> rounded = stackalloc float[AtOnce];
        for (int start = 0; start < weights.Length; start += AtOnce)
        {
            Span<float> piece = weights.Slice(start, Math.Min(AtOnce, weights.Length - start));
            Span<byte> bytes = stored[..(piece.Length * format.Size())];
            NumberFormats.FromSingle(piece, format, bytes);
            NumberFormats.ToSingle(bytes, format, rounded[..piece.Length]);
            for (int i = 0; i < piece.Length; i++)
            {
                piece[i] = piece[i] != 0 && rounded[i] == 0 ? least : rounded[i] + 0f;
            }
        }
    }
}
