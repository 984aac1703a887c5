using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>
/// Rows of codes times vectors. Codes meet vectors as they are; a scale is multiplied once for a block of columns.
/// Several vectors meet codes that were decoded once, some columns of a row at a time, into the cache.
/// </summary>
internal static unsafe class CodeProduct<TLanes>
    where TLanes : struct, ICodeLanes
{
    // What is written behind the last one.
    private const int Behind = 16;
    private const int MostBlocks = RowDecoder<TLanes>.Columns / CodeRows.Block;

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
        float* scales = stackalloc float[MostBlocks + Behind];
        Vector256<float>* sums = stackalloc Vector256<float>[VectorProducts.Few];
        for (long row = first; row < end; row++)
        {
            new Span<Vector256<float>>(sums, vectors.Count).Clear();
            var decoder = new RowDecoder<TLanes>(rows, row, 0, rows.Columns);
            for (int column = 0; column < rows.Columns;)
            {
                int width = decoder.Width;
                int blocks = (width + CodeRows.Block - 1) / CodeRows.Block;
                Widen(rows, row, column, blocks, scales);
                if (vectors.Count == 1 && rows.Mask is not null)
                {
                    byte* mask = decoder.Mask;
                    sums[0] = TLanes.DotPlaced(
                        decoder.Next(room), mask, vectors.Data + column, scales, blocks, sums[0]);
                }
                else
                {
                    sbyte* codes = decoder.Decode(room);
                    for (int vector = 0; vector < vectors.Count; vector++)
                    {
                        float* numbers = vectors.Data + vector * vectors.Stride + column;
                        sums[vector] = TLanes.Dot(codes, numbers, scales, blocks, sums[vector]);
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

    /// <summary>For each block of some columns, its scale; zero behind the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(in CodeRows rows, long row, int column, int blocks, float* scales)
    {
        // Groups and blocks are powers of two, unless a group is a whole row.
        int shift = rows.BlocksPerGroupShift;
        nint groups = ((blocks - 1) >> shift) + 1;
        TLanes.Widen(rows.Scales + row * rows.Groups + (column / CodeRows.Block >> shift), (int)groups, scales);

        // From the end on, so that no scale is overwritten before it is needed.
        Vector256<int> owners = Vector256<int>.Indices >> shift;
        for (nint block = (blocks - 1) & ~7; block >= 0 && shift > 0; block -= Vector256<float>.Count)
        {
            Vector256.ShuffleNative(Vector256.Load(scales + (block >> shift)), owners).Store(scales + block);
        }

        scales[blocks] = 0;
    }
}
