using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Cpu.Quantization;

/// <summary>Some columns of a few rows on their way to codes, in a <see cref="RowTile"/>.</summary>
internal static unsafe class QuantizationTile
{
    private const int Rows = RowTile.Rows;

    private const int Lanes = 8;

    /// <summary>Candidates of <see cref="ChooseScale"/>: shares of the scale that just reaches the greatest
    /// weight.</summary>
    private const int Candidates = 24;
    private const float CandidateStep = 0.025f;

    /// <summary>The scale of a group that rounds it best, among some.</summary>
    /// <param name="weights">[w x rows].</param>
    /// <param name="kept">[w x rows].</param>
    /// <param name="importance">w numbers.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="scales">Receives one for each row.</param>
    public static void ChooseScale(
        float* weights,
        float* kept,
        ReadOnlySpan<float> importance,
        CodeRange codes,
        float* scales)
    {
        var lanes = new CodeLanes(codes);
        float* candidate = stackalloc float[Lanes];
        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            Vector256<float> greatest = Greatest(weights + lane, kept + lane, importance.Length);
            Vector256<float> best = Vector256<float>.Zero;
            Vector256<float> least = Vector256.Create(float.PositiveInfinity);
            foreach (int end in (ReadOnlySpan<int>)[codes.Least, codes.Most])
            {
                for (int i = 0; i < Candidates; i++)
                {
                    (greatest * ((1 + CandidateStep - CandidateStep * i) / end)).Store(candidate);
                    RoundToHalf(candidate);
                    Vector256<float> scale = Vector256.Load(candidate);
                    Vector256<float> error = Error(lanes, weights + lane, kept + lane, importance, scale);
                    Vector256<float> isBetter = Vector256.LessThan(error, least);
                    least = Vector256.ConditionalSelect(isBetter, error, least);
                    best = Vector256.ConditionalSelect(isBetter, scale, best);
                }
            }

            best.Store(scales + lane);
        }
    }

    /// <summary>One pass over the columns of whole groups, or of a part of one.</summary>
    /// <param name="weights">[w x rows].</param>
    /// <param name="kept">[w x rows].</param>
    /// <param name="gradient">[w x rows].</param>
    /// <param name="h">[w x w], symmetric.</param>
    /// <param name="scales">Those of the first column's group on, [groups x rows].</param>
    /// <param name="firstInGroup">Where in its group the first column is.</param>
    /// <param name="group">Columns of a group.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="changes">[w x rows]; receives what was added to the weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Descend(
        float* weights, float* kept, float* gradient, View<float> h, float* scales, int firstInGroup, int group,
        CodeRange codes, float* changes)
    {
        var lanes = new CodeLanes(codes);
        int columns = h.Rows;
        new Span<float>(changes, Rows * columns).Clear();
        for (int start = 0; start < columns;)
        {
            int inGroup = (firstInGroup + start) % group;
            int end = Math.Min(columns, start + group - inGroup);
            float* scale = scales + (nint)((firstInGroup + start) / group) * Rows;
            if (inGroup == 0 && end - start == Math.Min(group, columns))
            {
                Rescale(weights, gradient, h, scale, start, end, changes);
            }

            for (int j = start; j < end; j++)
            {
                float* row = h.At(j, 0);
                var diagonal = Vector256.Create(row[j]);
                for (int lane = 0; lane < Rows; lane += Lanes)
                {
                    nint at = (nint)j * Rows + lane;
                    Vector256<float> value = Vector256.Load(weights + at);
                    Vector256<float> step = Vector256.Load(scale + lane);
                    Vector256<float> wanted = value - Vector256.Load(gradient + at) / diagonal;
                    Vector256<float> rounded = lanes.Code(wanted, CodeLanes.Inverse(step)) * step
                        * Vector256.Load(kept + at);
                    Change(weights, gradient, row, at, lane, columns, rounded - value, changes);
                    (rounded + Vector256<float>.Zero).Store(weights + at);
                }
            }

            start = end;
        }
    }

    /// <summary>Moves the scale of a group to where the error is least for its codes c:
    /// s -= c·g / c H c, to half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rescale(
        float* weights, float* gradient, View<float> h, float* scale, int start, int end, float* changes)
    {
        float* wanted = stackalloc float[Lanes];
        for (int lane = 0; lane < Rows; lane += Lanes)
        {
            Vector256<float> before = Vector256.Load(scale + lane);
            Vector256<float> slope = Vector256<float>.Zero;
            Vector256<float> curvature = Vector256<float>.Zero;
            for (int j = start; j < end; j++)
            {
                float* row = h.At(j, 0);
                Vector256<float> product = Vector256<float>.Zero;
                for (int k = start; k < end; k++)
                {
                    product = Fused.MultiplyAdd(
                        Vector256.Create(row[k]),
                        Vector256.Load(weights + (nint)k * Rows + lane),
                        product);
                }

                Vector256<float> value = Vector256.Load(weights + (nint)j * Rows + lane);
                curvature = Fused.MultiplyAdd(value, product, curvature);
                slope = Fused.MultiplyAdd(value, Vector256.Load(gradient + (nint)j * Rows + lane), slope);
            }

            // With q = s c, both are in units of s: s' = s (1 - q·g / q H q).
            Vector256<float> share = Vector256.ConditionalSelect(
                Vector256.GreaterThan(curvature, Vector256<float>.Zero),
                slope / curvature,
                Vector256<float>.Zero);
            (before - before * share).Store(wanted);
            RoundToHalf(wanted);
            Vector256<float> after = Vector256.Load(wanted);
            after = Vector256.ConditionalSelect(
                Vector256.Equals(after, Vector256<float>.Zero),
                before,
                after);
            after.Store(scale + lane);
            Vector256<float> inverse = CodeLanes.Inverse(before);
            for (int j = start; j < end; j++)
            {
                nint at = (nint)j * Rows + lane;
                Vector256<float> value = Vector256.Load(weights + at);
                Vector256<float> moved = Vector256.Round(value * inverse) * after;
                Change(weights, gradient, h.At(j, 0), at, lane, h.Rows, moved - value, changes);
                moved.Store(weights + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Change(
        float* weights, float* gradient, float* row, nint at, int lane, int columns, Vector256<float> change,
        float* changes)
    {
        if (change == Vector256<float>.Zero)
        {
            return;
        }

        (Vector256.Load(changes + at) + change).Store(changes + at);
        for (int c = 0; c < columns; c++)
        {
            float* target = gradient + (nint)c * Rows + lane;
            Fused.MultiplyAdd(change, Vector256.Create(row[c]), Vector256.Load(target)).Store(target);
        }
    }

    /// <summary>The kept weight of the greatest magnitude of each lane, with its sign.</summary>
    private static Vector256<float> Greatest(float* weights, float* kept, int columns)
    {
        Vector256<float> greatest = Vector256<float>.Zero;
        for (int j = 0; j < columns; j++)
        {
            Vector256<float> value = Vector256.Load(weights + (nint)j * Rows) * Vector256.Load(kept + (nint)j * Rows);
            greatest = Vector256.ConditionalSelect(
                Vector256.GreaterThan(Vector256.Abs(value), Vector256.Abs(greatest)),
                value,
                greatest);
        }

        return greatest;
    }

    private static Vector256<float> Error(
        CodeLanes lanes,
        float* weights,
        float* kept,
        ReadOnlySpan<float> importance,
        Vector256<float> scale)
    {
        Vector256<float> inverse = CodeLanes.Inverse(scale);
        Vector256<float> error = Vector256<float>.Zero;
        for (int j = 0; j < importance.Length; j++)
        {
            Vector256<float> value = Vector256.Load(weights + (nint)j * Rows);
            Vector256<float> lost = (value - lanes.Code(value, inverse) * scale)
                * Vector256.Load(kept + (nint)j * Rows);
            error = Fused.MultiplyAdd(lost * importance[j], lost, error);
        }

        return error;
    }

    private static void RoundToHalf(float* values)
    {
        for (int i = 0; i < Lanes; i++)
        {
            float bounded = Math.Clamp(values[i], -(float)Half.MaxValue, (float)Half.MaxValue);
            values[i] = (float)(Half)bounded;
        }
    }
}
