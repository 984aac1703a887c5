using System.Text;

namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>Reads structures in Thrift's compact protocol, of which the headers of a Parquet file are made.</summary>
/// <param name="data">The bytes; what is asked for beyond them is an error.</param>
internal ref struct ThriftReader(ReadOnlySpan<byte> data)
{
    // Headers of Parquet are nested in fewer levels than this.
    private const int DeepestNesting = 16;

    private readonly ReadOnlySpan<byte> data = data;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>The next field of a structure; false at its end.</summary>
    /// <param name="id">The number of the field before, 0 at the beginning; becomes that of the field.</param>
    /// <param name="type">The type of its value.</param>
    public bool NextField(ref int id, out ThriftType type)
    {
        byte header = ReadByte();
        type = (ThriftType)(header & 0xF);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        id = header >> 4 is > 0 and int step ? id + step : (int)ReadInteger();
        return true;
    }

    /// <summary>A whole number of any size.</summary>
    public long ReadInteger()
    {
        ulong value = ReadVariable();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that counts or measures something in memory.</summary>
    /// <exception cref="InvalidDataException">It is negative, or too large for that.</exception>
    public int ReadSize() => ReadInteger() is >= 0 and <= int.MaxValue and long size
        ? (int)size
        : throw new InvalidDataException("a size in a header is none");

    /// <summary>Text in UTF-8.</summary>
    public string ReadText() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>How many items a list has, and of which type they are.</summary>
    public int ReadList(out ThriftType type)
    {
        byte header = ReadByte();
        type = (ThriftType)(header & 0xF);
        ulong count = header >> 4 is < 15 and int few ? (ulong)few : ReadVariable();

        // An item has a byte at least.
        return count <= (ulong)(data.Length - Position) ? (int)count : throw Ended();
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > DeepestNesting)
        {
            throw new InvalidDataException("a header is nested too deeply");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                ReadByte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                ReadVariable();
                break;
            case ThriftType.Double:
                Take(sizeof(double));
                break;
            case ThriftType.Binary:
                ReadBytes();
                break;
            case ThriftType.List or ThriftType.Set:
                int count = ReadList(out ThriftType item);
                for (int i = 0; i < count; i++)
                {
                    SkipItem(item, depth);
                }

                break;
            case ThriftType.Structure:
                int id = 0;
                while (NextField(ref id, out ThriftType field))
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw new InvalidDataException("a header has a value of no known type");
        }
    }

    // A truth value has no byte of its own as a field, and one as an item.
    private void SkipItem(ThriftType type, int depth)
    {
        if (type is ThriftType.True or ThriftType.False)
        {
            ReadByte();
        }
        else
        {
            Skip(type, depth + 1);
        }
    }

    private ReadOnlySpan<byte> ReadBytes() => Take(ReadVariable());

    private byte ReadByte() => Take(1)[0];

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number in a header does not end");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(data.Length - Position))
        {
            throw Ended();
        }

        ReadOnlySpan<byte> taken = data.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    private static InvalidDataException Ended() => new("a header is cut off");
}

/// <summary>The types of Thrift's compact protocol.</summary>
internal enum ThriftType
{
    /// <summary>No field: the structure ends.</summary>
    Stop,

    /// <summary>True.</summary>
    True,

    /// <summary>False.</summary>
    False,

    /// <summary>A byte.</summary>
    Byte,

    /// <summary>16 bits.</summary>
    Int16,

    /// <summary>32 bits.</summary>
    Int32,

    /// <summary>64 bits.</summary>
    Int64,

    /// <summary>Double precision.</summary>
    Double,

    /// <summary>Bytes or text.</summary>
    Binary,

    /// <summary>A list.</summary>
    List,

    /// <summary>A set.</summary>
    Set,

    /// <summary>Names with values.</summary>
    Map,

    /// <summary>Fields with numbers.</summary>
    Structure,
}
