using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>
/// Rows of codes times vectors. Codes meet rounded vectors; scales are multiplied once for a block of columns.
/// Several vectors meet codes that were decoded once, some columns of a row at a time, into the cache.
/// </summary>
internal static unsafe class CodeProduct<TLanes, TScales>
    where TLanes : struct, ICodeLanes
    where TScales : struct, IBlockScales
{
    // What is written behind the last one.
    private const int Behind = 16;
    private const int MostScales = RowDecoder<TLanes>.Columns / (CodeRows.Block / 2);

    /// <summary>results[v][row] = rows[row] · vectors[v].</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row behind the last one.</param>
    /// <param name="vectors">At most <see cref="VectorProducts.Few"/>.</param>
    /// <param name="results">For each vector as many floats as there are rows in the matrix.</param>
    [SkipLocalsInit]
    public static void Multiply(in CodeRows rows, long first, long end, Vectors vectors, Vectors results)
    {
        sbyte* room = stackalloc sbyte[RowDecoder<TLanes>.Room];
        float* scales = stackalloc float[MostScales + Behind];
        float* products = stackalloc float[MostScales + Behind];
        Vector256<float>* sums = stackalloc Vector256<float>[VectorProducts.Few];
        for (long row = first; row < end; row++)
        {
            for (int vector = 0; vector < vectors.Count; vector++)
            {
                sums[vector] = Vector256<float>.Zero;
            }

            var decoder = new RowDecoder<TLanes>(rows, row, 0, rows.Columns);
            for (int column = 0; column < rows.Columns;)
            {
                int width = decoder.Width;
                int blocks = (width + CodeRows.Block - 1) / CodeRows.Block;
                Widen(rows, row, column, width, scales);
                if (vectors.Count == 1 && rows.Mask is not null)
                {
                    byte* mask = decoder.Mask;
                    sbyte* values = decoder.Next(room);
                    RoundedVector vector = vectors.Rounded(0);
                    Scale(rows, scales, vector.Steps + column / CodeRows.Block, width, products);
                    sums[0] = TLanes.DotPlaced<TScales>(
                        values, mask, vector.Numbers + column, products, blocks, sums[0]);
                }
                else
                {
                    sbyte* codes = decoder.Decode(room);
                    for (int index = 0; index < vectors.Count; index++)
                    {
                        RoundedVector vector = vectors.Rounded(index);
                        Scale(rows, scales, vector.Steps + column / CodeRows.Block, width, products);
                        sums[index] = TLanes.Dot<TScales>(
                            codes, vector.Numbers + column, products, blocks, sums[index]);
                    }
                }

                column += width;
            }

            for (int vector = 0; vector < vectors.Count; vector++)
            {
                results.Data[vector * results.Stride + row] = Lanes256.Sum(sums[vector], default, default, default);
            }
        }
    }

    /// <summary>The scales of the groups of some columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(in CodeRows rows, long row, int column, int width, float* scales) => TLanes.Widen(
        rows.Scales + row * rows.Groups + (column >> rows.GroupShift),
        ((width - 1) >> rows.GroupShift) + 1,
        scales);

    /// <summary>The scales of some columns' blocks: those of their groups, times a vector's steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(in CodeRows rows, float* scales, float* steps, int width, float* products)
    {
        int columns = CodeRows.Block / TScales.Count;
        int count = (width + columns - 1) / columns;
        int perGroup = rows.GroupShift - BitOperations.Log2((uint)columns);
        int perStep = TScales.Count - 1;
        Vector256<int> groups = Vector256<int>.Indices >> perGroup;
        Vector256<int> blocks = Vector256<int>.Indices >> perStep;
        for (nint i = 0; i < count; i += Vector256<float>.Count)
        {
            Vector256<float> scale = Vector256.ShuffleNative(Vector256.Load(scales + (i >> perGroup)), groups);
            Vector256<float> step = Vector256.ShuffleNative(Vector256.Load(steps + (i >> perStep)), blocks);
            (scale * step).Store(products + i);
        }

        // Of a last block's second half, where a row has none.
        products[count] = 0;
    }
}
