using SparseLlm.LlamaCpp.Tests.Support;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.LlamaCpp.Tests;

/// <summary>Quantised blocks, bit for bit against ggml's own reference.</summary>
public class BlockQuantization
{
    private const int Block = 32;

    public static TheoryData<GgufElementType> Types => [GgufElementType.Q8_0, GgufElementType.Q4_0];

    [Theory]
    [MemberData(nameof(Types))]
    public void Weights_of_any_scale_become_the_bytes_of_the_reference(GgufElementType type)
    {
        var random = new Random(17);
        for (int exponent = -149; exponent <= 127; exponent++)
        {
            ShouldBeThoseOfTheReference(
                type,
                Values(64 * Block, _ => (float)Math.ScaleB(2 * random.NextDouble() - 1, exponent)));
            ShouldBeThoseOfTheReference(
                type,
                Values(64 * Block, _ => (float)Math.ScaleB(2 * random.NextDouble() - 1, exponent - random.Next(12))));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Values_halfway_between_codes_and_beside_become_the_bytes_of_the_reference(GgufElementType type)
    {
        // These extremes make the scale a power of two, so that halves of it are exact.
        float extreme = type == GgufElementType.Q8_0 ? 127 : 8;
        for (int exponent = -30; exponent <= 10; exponent++)
        {
            float scale = MathF.ScaleB(1, exponent);
            foreach (float sign in (float[])[1, -1])
            {
                for (float first = -extreme; first < extreme; first += 15)
                {
                    float[] halves = Values(
                        Block,
                        i => i == 0 ? sign * extreme * scale : Math.Min(first + i / 2f, extreme - 0.5f) * scale);
                    ShouldBeThoseOfTheReference(type, halves);
                    ShouldBeThoseOfTheReference(type, [halves[0], .. halves[1..].Select(MathF.BitDecrement)]);
                    ShouldBeThoseOfTheReference(type, [halves[0], .. halves[1..].Select(MathF.BitIncrement)]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_of_one_value_become_the_bytes_of_the_reference(GgufElementType type)
    {
        foreach (float value in (float[])[0, -0f, 1, -1, 1e-3f, -0.3f, 65504, -65504, 1e6f, -3e38f,
            float.Epsilon, -float.Epsilon, 1e-40f, 1.1754944e-38f])
        {
            ShouldBeThoseOfTheReference(type, Values(Block, _ => value));
            ShouldBeThoseOfTheReference(type, Values(Block, i => i == 5 ? value : 0));
            ShouldBeThoseOfTheReference(type, Values(Block, i => i % 2 == 0 ? value : -value));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Any_bytes_stand_for_the_values_of_the_reference(GgufElementType type)
    {
        var random = new Random(18);
        var bytes = new byte[type.ByteLength(Block)];
        for (int scale = 0; scale <= ushort.MaxValue; scale++)
        {
            random.NextBytes(bytes);
            BitConverter.TryWriteBytes(bytes, (ushort)scale);
            float[] expected = Ggml.Dequantize(type, bytes);
            float[] values = Dequantize(type, bytes);
            for (int i = 0; i < Block; i++)
            {
                // Not-a-number has many forms, and no exported file has any.
                (float.IsNaN(expected[i]) ? float.IsNaN(values[i]) : Bits(values[i]) == Bits(expected[i])).ShouldBeTrue(
                    $"scale {scale:x4}, value {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_pruned_weight_is_zero_again_when_it_is_read(GgufElementType type)
    {
        var random = new Random(19);
        for (int exponent = -160; exponent <= 15; exponent++)
        {
            float[] values = Values(8 * Block, _ => random.Next(2) == 0
                ? random.Next(2) == 0 ? 0f : -0f
                : (float)Math.ScaleB(random.NextDouble() - 0.5, exponent));
            float[] read = Dequantize(type, Quantize(type, values));
            for (int i = 0; i < values.Length; i++)
            {
                (values[i] != 0 || read[i] == 0).ShouldBeTrue($"value {i} at exponent {exponent} is {read[i]}");
            }
        }
    }

    private static void ShouldBeThoseOfTheReference(GgufElementType type, float[] values)
    {
        byte[] expected = Ggml.Quantize(type, values);
        byte[] bytes = Quantize(type, values);
        bytes.AsSpan().SequenceEqual(expected).ShouldBeTrue(
            $"{type} of {string.Join(' ', values)}: {Convert.ToHexString(bytes)}, but the reference has "
            + $"{Convert.ToHexString(expected)}");
    }

    private static byte[] Quantize(GgufElementType type, float[] values)
    {
        var bytes = new byte[type.ByteLength(values.Length)];
        type.FromSingle(values, bytes);
        return bytes;
    }

    private static float[] Dequantize(GgufElementType type, byte[] bytes)
    {
        var values = new float[bytes.Length / (int)type.ByteLength(Block) * Block];
        type.ToSingle(bytes, values);
        return values;
    }

    private static float[] Values(int count, Func<int, float> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);
}
