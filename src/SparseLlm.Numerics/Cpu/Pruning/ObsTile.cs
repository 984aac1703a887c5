using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// The sweep over one block of columns for a few rows. The tile is transposed, so that the lanes of a vector are rows:
/// every step of the sweep, mask and all, is then the same for all of them.
/// </summary>
internal static unsafe class ObsTile
{
    private const int Rows = RowTile.Rows;

    private const int Lanes = 8;

    /// <summary>Columns that are swept one by one before the rest of the block learns of them, in one pass.</summary>
    private const int StepColumns = 8;

    /// <summary>Elements of scratch memory for a block of <paramref name="columns"/>: weights, mask and
    /// errors.</summary>
    public static nint ScratchLength(int columns) => 3 * (nint)Rows * columns;

    /// <summary>Sweeps the rows of a tile in place.</summary>
    /// <param name="weights">[rows x w], a window on the weights.</param>
    /// <param name="u">[w x at least w], upper triangular.</param>
    /// <param name="mask">[rows x w]; read, or, with groups, written.</param>
    /// <param name="errors">[w x rows]; receives (w_j - q_j) / u_jj.</param>
    /// <param name="groups">Size and number of zeros of the groups of N:M sparsity.</param>
    /// <param name="scratch">As much as <see cref="ScratchLength"/> says.</param>
    public static void Sweep(
        View<float> weights, View<float> u, View<float> mask, View<float> errors, (int Size, int Zeros)? groups,
        float* scratch)
    {
        int columns = weights.Columns;
        float* tile = scratch;
        float* kept = tile + (nint)Rows * columns;
        float* error = kept + (nint)Rows * columns;
        RowTile.Load(weights, tile);
        if (groups is null)
        {
            RowTile.Load(mask, kept);
        }

        // Steps do not cut groups: a group is chosen on weights that every column before it has updated.
        int span = groups is not { } layout
            ? columns
            : layout.Size <= StepColumns ? StepColumns / layout.Size * layout.Size : layout.Size;
        for (int start = 0; start < columns;)
        {
            int width = Math.Min(StepColumns, Math.Min(columns - start, span - start % span));
            for (int j = start; j < start + width; j++)
            {
                if (groups is { } group && j % group.Size == 0)
                {
                    SelectGroup(tile + (nint)j * Rows, u, j, group.Size, group.Zeros, kept + (nint)j * Rows);
                }

                PruneColumn(tile, kept, error, u, j, start + width);
            }

            UpdateRest(tile, error + (nint)start * Rows, u, start, width, columns);
            start += width;
        }

        RowTile.Store(tile, weights);
        if (groups is not null)
        {
            RowTile.Store(kept, mask);
        }

        for (int j = 0; j < columns; j++)
        {
            new Span<float>(error + (nint)j * Rows, weights.Rows).CopyTo(errors.Row(j));
        }
    }

    /// <summary>e = (w_j - q_j) / u_jj, and w[:, j:] -= e u[j, j:] up to the end of the step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PruneColumn(float* tile, float* kept, float* error, View<float> u, int j, int stepEnd)
    {
        var diagonal = Vector256.Create(*u.At(j, j));
        float* row = u.At(j, 0);
        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            float* w = tile + (nint)j * Rows + lane;
            Vector256<float> keep = Vector256.Equals(
                Vector256.Load(kept + (nint)j * Rows + lane),
                Vector256<float>.One);
            Vector256<float> value = Vector256.Load(w);
            Vector256<float> e = Vector256.AndNot(value / diagonal, keep);
            (value & keep).Store(w);
            e.Store(error + (nint)j * Rows + lane);
            for (int c = j + 1; c < stepEnd; c++)
            {
                float* target = tile + (nint)c * Rows + lane;
                Fused.MultiplyAdd(-e, Vector256.Create(row[c]), Vector256.Load(target)).Store(target);
            }
        }
    }

    /// <summary>w[:, rest of the block] -= e u[step, rest of the block].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UpdateRest(float* tile, float* error, View<float> u, int start, int width, int columns)
    {
        float* row = u.At(start, 0);
        nint stride = u.RowStride;
        if (width < StepColumns)
        {
            for (int i = 0; i < width; i++, row += stride)
            {
                for (int c = start + width; c < columns; c++)
                {
                    float* target = tile + (nint)c * Rows;
                    var factor = Vector256.Create(-row[c]);
                    for (int lane = 0; lane < Rows; lane += Lanes)
                    {
                        Vector256<float> e = Vector256.Load(error + i * Rows + lane);
                        Fused.MultiplyAdd(e, factor, Vector256.Load(target + lane)).Store(target + lane);
                    }
                }
            }

            return;
        }

        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            Vector256<float> e0 = -Vector256.Load(error + lane);
            Vector256<float> e1 = -Vector256.Load(error + Rows + lane);
            Vector256<float> e2 = -Vector256.Load(error + 2 * Rows + lane);
            Vector256<float> e3 = -Vector256.Load(error + 3 * Rows + lane);
            Vector256<float> e4 = -Vector256.Load(error + 4 * Rows + lane);
            Vector256<float> e5 = -Vector256.Load(error + 5 * Rows + lane);
            Vector256<float> e6 = -Vector256.Load(error + 6 * Rows + lane);
            Vector256<float> e7 = -Vector256.Load(error + 7 * Rows + lane);
            for (int c = start + StepColumns; c < columns; c++)
            {
                float* factor = row + c;
                float* lower = factor + 4 * stride;
                float* target = tile + (nint)c * Rows + lane;
                Vector256<float> w = Vector256.Load(target);
                w = Fused.MultiplyAdd(e0, Vector256.Create(*factor), w);
                w = Fused.MultiplyAdd(e1, Vector256.Create(factor[stride]), w);
                w = Fused.MultiplyAdd(e2, Vector256.Create(factor[2 * stride]), w);
                w = Fused.MultiplyAdd(e3, Vector256.Create(factor[3 * stride]), w);
                w = Fused.MultiplyAdd(e4, Vector256.Create(*lower), w);
                w = Fused.MultiplyAdd(e5, Vector256.Create(lower[stride]), w);
                w = Fused.MultiplyAdd(e6, Vector256.Create(lower[2 * stride]), w);
                w = Fused.MultiplyAdd(e7, Vector256.Create(lower[3 * stride]), w);
                w.Store(target);
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
}
