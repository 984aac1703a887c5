using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// The sweep over one block of columns for a few rows. The tile is transposed, so that the lanes of a vector are rows:
/// every step of the sweep, mask and all, is then the same for all of them.
/// </summary>
internal static unsafe class ObsTile
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 32;

    private const int Lanes = 8;

    /// <summary>Elements of scratch memory for a block of <paramref name="columns"/>: weights, mask and errors.</summary>
    public static nint ScratchLength(int columns) => 3 * (nint)Rows * columns;

    /// <summary>Sweeps the rows of a tile in place.</summary>
    /// <param name="weights">[rows x w], a window on the weights.</param>
    /// <param name="u">[w x at least w], upper triangular.</param>
    /// <param name="mask">[rows x w]; read, or, with groups, written.</param>
    /// <param name="errors">[w x rows]; receives (w_j - q_j) / u_jj.</param>
    /// <param name="groups">Size and number of zeros of the groups of N:M sparsity.</param>
    /// <param name="scratch">As much as <see cref="ScratchLength"/> says.</param>
    public static void Sweep(
        View<float> weights, View<float> u, View<float> mask, View<float> errors, (int Size, int Zeros)? groups, float* scratch)
    {
        int columns = weights.Columns;
        float* tile = scratch;
        float* kept = tile + (nint)Rows * columns;
        float* error = kept + (nint)Rows * columns;
        Load(weights, tile);
        if (groups is null)
        {
            Load(mask, kept);
        }

        for (int j = 0; j < columns; j++)
        {
            if (groups is { } group && j % group.Size == 0)
            {
                SelectGroup(tile + (nint)j * Rows, u, j, group.Size, group.Zeros, kept + (nint)j * Rows);
            }

            Step(tile, kept, error, u, j, columns);
        }

        Store(tile, weights);
        if (groups is not null)
        {
            Store(kept, mask);
        }

        for (int j = 0; j < columns; j++)
        {
            new Span<float>(error + (nint)j * Rows, weights.Rows).CopyTo(errors.Row(j));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(float* tile, float* kept, float* error, View<float> u, int j, int columns)
    {
        var diagonal = Vector256.Create(*u.At(j, j));
        float* row = u.At(j, 0);
        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            float* w = tile + (nint)j * Rows + lane;
            Vector256<float> keep = Vector256.Equals(Vector256.Load(kept + (nint)j * Rows + lane), Vector256<float>.One);
            Vector256<float> value = Vector256.Load(w);
            Vector256<float> e = Vector256.AndNot(value / diagonal, keep);
            (value & keep).Store(w);
            e.Store(error + (nint)j * Rows + lane);
            for (int c = j + 1; c < columns; c++)
            {
                float* target = tile + (nint)c * Rows + lane;
                Fused.MultiplyAdd(-e, Vector256.Create(row[c]), Vector256.Load(target)).Store(target);
            }
        }
    }

    /// <summary>
    /// Per row, prunes the lowest |w| / u_jj of a group; among equals the higher index goes first. An element's rank is
    /// counted by comparing it with all others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SelectGroup(float* group, View<float> u, int column, int size, int zeros, float* kept)
    {
        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            for (int i = 0; i < size; i++)
            {
                Vector256<float> score = Score(group, u, column, i, lane);
                Vector256<int> minusRank = Vector256<int>.Zero;
                for (int other = 0; other < size; other++)
                {
                    if (other != i)
                    {
                        Vector256<float> rival = Score(group, u, column, other, lane);
                        Vector256<float> prunedBefore = other > i
                            ? Vector256.LessThanOrEqual(rival, score)
                            : Vector256.LessThan(rival, score);
                        minusRank += prunedBefore.AsInt32();
                    }
                }

                Vector256<int> keep = Vector256.LessThanOrEqual(minusRank, Vector256.Create(-zeros));
                (keep.AsSingle() & Vector256<float>.One).Store(kept + (nint)i * Rows + lane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Score(float* group, View<float> u, int column, int i, int lane) =>
        Vector256.Abs(Vector256.Load(group + (nint)i * Rows + lane)) / Vector256.Create(*u.At(column + i, column + i));

    /// <summary>Transposes rows into the tile; lanes without a row are zero.</summary>
    private static void Load(View<float> rows, float* tile)
    {
        if (rows.Rows < Rows)
        {
            new Span<float>(tile, Rows * rows.Columns).Clear();
        }

        for (int i = 0; i < rows.Rows; i++)
        {
            float* source = rows.At(i, 0);
            for (int j = 0; j < rows.Columns; j++)
            {
                tile[(nint)j * Rows + i] = source[j];
            }
        }
    }

    private static void Store(float* tile, View<float> rows)
    {
        for (int i = 0; i < rows.Rows; i++)
        {
            float* target = rows.At(i, 0);
            for (int j = 0; j < rows.Columns; j++)
            {
                target[j] = tile[(nint)j * Rows + i];
            }
        }
    }
}
