using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>Transposes in square tiles, so that both sides stay in the cache.</summary>
internal static unsafe class Transposition
{
    private const int TileSize = 32;

    /// <summary>destination = source', which must not overlap it.</summary>
    public static void Run<T>(WorkerTeam team, View<T> source, View<T> destination)
        where T : unmanaged =>
        team.Run((source.Rows + TileSize - 1) / TileSize, item =>
        {
            int top = item * TileSize;
            int rows = Math.Min(TileSize, source.Rows - top);
            for (int left = 0; left < source.Columns; left += TileSize)
            {
                int columns = Math.Min(TileSize, source.Columns - left);
                TransposeTile(source.Block(top, left, rows, columns), destination.Block(left, top, columns, rows));
            }
        });

    /// <summary>The lower triangle of a square matrix becomes the mirror image of the upper one.</summary>
    public static void MirrorUpper(WorkerTeam team, View<double> h) =>
        team.Run((h.Rows + TileSize - 1) / TileSize, item =>
        {
            int left = item * TileSize;
            int columns = Math.Min(TileSize, h.Columns - left);
            for (int top = 0; top < left; top += TileSize)
            {
                TransposeTile(h.Block(top, left, TileSize, columns), h.Block(left, top, columns, TileSize));
            }

            for (int i = 1; i < columns; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    *h.At(left + i, left + j) = *h.At(left + j, left + i);
                }
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeTile<T>(View<T> source, View<T> destination)
        where T : unmanaged
    {
        for (int j = 0; j < source.Columns; j++)
        {
            T* from = source.At(0, j);
            T* to = destination.At(j, 0);
            for (int i = 0; i < source.Rows; i++)
            {
                to[i] = *from;
                from += source.RowStride;
            }
        }
    }
}
