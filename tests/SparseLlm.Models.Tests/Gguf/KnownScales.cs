using SparseLlm.Models.Gguf.Format;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Tests.Gguf;

/// <summary>Blocks of values that are codes times a scale already.</summary>
public sealed class KnownScales
{
    private const int Length = 32;

    public static TheoryData<GgufElementType, NumberFormat, int, int> Kinds { get; } = new()
    {
        { GgufElementType.Q4_0, NumberFormat.Half, -8, 7 },
        { GgufElementType.Q4_0, NumberFormat.BFloat16, -8, 7 },
        { GgufElementType.Q8_0, NumberFormat.Half, -127, 127 },
        { GgufElementType.Q8_0, NumberFormat.Half, -8, 7 },
        { GgufElementType.Q8_0, NumberFormat.BFloat16, -8, 7 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Become_blocks_that_stand_for_the_same_values(
        GgufElementType type,
        NumberFormat format,
        int least,
        int most)
    {
        var random = new Random(1);
        for (int trial = 0; trial < 200; trial++)
        {
            // A code at the end of the range is often missing; zeros are pruned weights.
            float scale = (float)(Half)((random.NextDouble() - 0.5) / 8);
            float[] exact = [.. Enumerable.Range(0, Length)
                .Select(_ => random.Next(3) == 0 ? 0 : random.Next(least, most + 1) * scale)];
            float[] stored = Through(format, exact);
            float[] written = Through(type, stored, hasCodes: true);
            for (int i = 0; i < Length; i++)
            {
                Math.Abs(written[i] - stored[i]).ShouldBeLessThanOrEqualTo(Math.Abs(stored[i]) / 250);
            }
        }
    }

    [Fact]
    public void Leave_other_values_to_the_rounding_of_the_reference()
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 64 * Length).Select(_ => (float)random.NextDouble() - 0.5f)];
        Through(GgufElementType.Q4_0, values, hasCodes: true)
            .ShouldBe(Through(GgufElementType.Q4_0, values, hasCodes: false));
        Through(GgufElementType.Q4_0, new float[Length], hasCodes: true).ShouldBe(new float[Length]);
    }

    private static float[] Through(NumberFormat format, float[] values)
    {
        var bytes = new byte[values.Length * 2];
        NumberFormats.FromSingle(values, format, bytes);
        var back = new float[values.Length];
        NumberFormats.ToSingle(bytes, format, back);
        return back;
    }

    private static float[] Through(GgufElementType type, float[] values, bool hasCodes)
    {
        var bytes = new byte[type.ByteLength(values.Length)];
        type.FromSingle(values, bytes, hasCodes);
        var back = new float[values.Length];
        type.ToSingle(bytes, back);
        return back;
    }
}
