using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Rows of codes as floats.</summary>
internal static unsafe class CodeExpansion<TLanes>
    where TLanes : struct, ICodeLanes
{
    /// <summary>Writes a part of some rows.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="first">The first row.</param>
    /// <param name="column">The first column, a multiple of 64.</param>
    /// <param name="tile">Where they go.</param>
    [SkipLocalsInit]
    public static void Expand(in CodeRows rows, long first, int column, View<float> tile)
    {
        sbyte* room = stackalloc sbyte[RowDecoder<TLanes>.Room];
        float* scales = stackalloc float[RowDecoder<TLanes>.Columns];
        for (int i = 0; i < tile.Rows; i++)
        {
            float* target = tile.Data + i * tile.RowStride;
            var decoder = new RowDecoder<TLanes>(rows, first + i, column, column + tile.Columns);
            for (int done = 0; done < tile.Columns;)
            {
                int width = decoder.Width;
                sbyte* codes = decoder.Decode(room);
                Widen(rows, first + i, column + done, width, scales);
                Scale(codes, (column + done) % rows.Group, rows.Group, scales, width, target + done);
                done += width;
            }
        }
    }

    /// <summary>The scales of the groups in some columns.</summary>
    private static void Widen(in CodeRows rows, long row, int column, int width, float* scales)
    {
        int first = column / rows.Group;
        TLanes.Widen(
            rows.Scales + row * rows.Groups + first,
            (column + width - 1) / rows.Group - first + 1,
            scales);
    }

    /// <summary>Codes times the scales of their groups.</summary>
    private static void Scale(sbyte* codes, int inGroup, int group, float* scales, int width, float* target)
    {
        int i = 0;
        for (; width > 0; scales++)
        {
            int end = i + Math.Min(width, group - inGroup);
            var scale = Vector128.Create(*scales);
            width -= end - i;
            inGroup = 0;
            for (; i <= end - 4; i += 4)
            {
                Vector128<int> wide = Vector128.WidenLower(
                    Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)(codes + i)).AsSByte()));
                (Vector128.ConvertToSingle(wide) * scale).Store(target + i);
            }

            for (; i < end; i++)
            {
                target[i] = codes[i] * *scales;
            }
        }
    }
}
