using System.Runtime.InteropServices;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Decoding;

/// <summary>
/// The keys, which have been turned, and the values of a sequence's tokens in one attention block: as many as a token
/// can still see. Each head's are one behind the other. Memory is taken from the system as it fills up.
/// </summary>
internal sealed unsafe class KeyValueCache(KeyValueShape shape) : IDisposable
{
    private float* memory = (float*)NativeMemory.Alloc((nuint)shape.Bytes);

    /// <summary>Frees what nobody has disposed. The step that a decoder works on holds its sequences, so that none goes
    /// while kernels use its memory.</summary>
    ~KeyValueCache() => Free();

    private nint HeadLength => (nint)shape.Capacity * shape.Width;

    /// <summary>Tokens that are here: the last ones of the sequence.</summary>
    public int Count { get; private set; }

    /// <summary>The keys of a head, [count x width].</summary>
    public View<float> Keys(int head) => new(memory + head * HeadLength, Count, shape.Width);

    /// <summary>The values of a head, [count x width].</summary>
    public View<float> Values(int head) => new(memory + (shape.Heads + head) * HeadLength, Count, shape.Width);

    /// <summary>Adds tokens.</summary>
    /// <param name="keys">[tokens x heads * width].</param>
    /// <param name="values">[tokens x heads * width].</param>
    public void Append(View<float> keys, View<float> values)
    {
        if (Count + keys.Rows > shape.Capacity)
        {
            Roll();
        }

        for (int head = 0; head < shape.Heads; head++)
        {
            Copy(keys, head, memory + head * HeadLength);
            Copy(values, head, memory + (shape.Heads + head) * HeadLength);
        }

        Count += keys.Rows;
    }

    /// <summary>Whether the last tokens can be forgotten, so that one that follows still sees all that it
    /// should.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">How long the sequence is without them.</param>
    public bool CanDrop(int count, int length) => Count - count >= Math.Min(length, shape.Window - 1);

    /// <summary>Forgets the last tokens.</summary>
    public void Drop(int count) => Count -= count;

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(memory);
        memory = null;
    }

    private void Copy(View<float> rows, int head, float* destination)
    {
        for (int row = 0; row < rows.Rows; row++)
        {
            new ReadOnlySpan<float>(rows.At(row, head * shape.Width), shape.Width).CopyTo(
                new Span<float>(destination + (nint)(Count + row) * shape.Width, shape.Width));
        }
    }

    /// <summary>Moves what the next token can see to the beginning.</summary>
    private void Roll()
    {
        int kept = Math.Min(Count, shape.Window - 1);
        for (int part = 0; part < 2 * shape.Heads; part++)
        {
            float* first = memory + part * HeadLength;
            NativeMemory.Copy(
                first + (nint)(Count - kept) * shape.Width,
                first,
                (nuint)((nint)kept * shape.Width * sizeof(float)));
        }

        Count = kept;
    }
}
