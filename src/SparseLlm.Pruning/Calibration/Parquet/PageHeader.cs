namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>What stands before a page of a column.</summary>
internal readonly record struct PageHeader
{
    /// <summary>What the page is.</summary>
    public PageKind Kind { get; init; }

    /// <summary>Bytes of the page once it is unpacked.</summary>
    public int Size { get; init; }

    /// <summary>Bytes of the page in the file.</summary>
    public int StoredSize { get; init; }

    /// <summary>How many values it has.</summary>
    public int Values { get; init; }

    /// <summary>How the values are encoded.</summary>
    public int Encoding { get; init; }

    /// <summary>Whether definition levels are in the one encoding that is still in use. Where there are none, some
    /// writers name another.</summary>
    public bool HasHybridDefinitions { get; init; }

    /// <summary>Whether repetition levels are.</summary>
    public bool HasHybridRepetitions { get; init; }

    /// <summary>Bytes of the definition levels, in pages of version 2.</summary>
    public int DefinitionBytes { get; init; }

    /// <summary>Bytes of the repetition levels, in pages of version 2.</summary>
    public int RepetitionBytes { get; init; }

    /// <summary>Whether the values are stored as they are, in pages of version 2.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="data">The bytes, which may go on behind it.</param>
    /// <param name="length">The bytes that it takes.</param>
    /// <exception cref="InvalidDataException">It is damaged or cut off.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> data, out int length)
    {
        var reader = new ThriftReader(data);
        var header = new PageHeader();
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Kind = (PageKind)reader.ReadSize() };
                    break;
                case (2, ThriftType.Int32):
                    header = header with { Size = reader.ReadSize() };
                    break;
                case (3, ThriftType.Int32):
                    header = header with { StoredSize = reader.ReadSize() };
                    break;
                case (5, ThriftType.Structure):
                    header = ReadFirstVersion(ref reader, header);
                    break;
                case (7, ThriftType.Structure):
                    header = ReadDictionary(ref reader, header);
                    break;
                case (8, ThriftType.Structure):
                    header = ReadSecondVersion(ref reader, header);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        length = reader.Position;
        return header;
    }

    private static PageHeader ReadFirstVersion(ref ThriftReader reader, PageHeader header)
    {
        const int Hybrid = 3;
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Values = reader.ReadSize() };
                    break;
                case (2, ThriftType.Int32):
                    header = header with { Encoding = reader.ReadSize() };
                    break;
                case (3, ThriftType.Int32):
                    header = header with { HasHybridDefinitions = reader.ReadSize() == Hybrid };
                    break;
                case (4, ThriftType.Int32):
                    header = header with { HasHybridRepetitions = reader.ReadSize() == Hybrid };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return header;
    }

    private static PageHeader ReadDictionary(ref ThriftReader reader, PageHeader header)
    {
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            if (id == 1 && type == ThriftType.Int32)
            {
                header = header with { Values = reader.ReadSize() };
            }
            else
            {
                reader.Skip(type);
            }
        }

        return header;
    }

    private static PageHeader ReadSecondVersion(ref ThriftReader reader, PageHeader header)
    {
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Values = reader.ReadSize() };
                    break;
                case (4, ThriftType.Int32):
                    header = header with { Encoding = reader.ReadSize() };
                    break;
                case (5, ThriftType.Int32):
                    header = header with { DefinitionBytes = reader.ReadSize() };
                    break;
                case (6, ThriftType.Int32):
                    header = header with { RepetitionBytes = reader.ReadSize() };
                    break;
                case (7, ThriftType.False):
                    header = header with { IsPlain = true };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return header;
    }
}

/// <summary>The kinds of pages.</summary>
internal enum PageKind
{
    /// <summary>Values, in version 1.</summary>
    Data,

    /// <summary>An index, which nobody writes.</summary>
    Index,

    /// <summary>The values that others are places of.</summary>
    Dictionary,

    /// <summary>Values, in version 2.</summary>
    DataInSecondVersion,
}
