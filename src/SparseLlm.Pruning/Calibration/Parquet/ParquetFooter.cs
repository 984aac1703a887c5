namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>What stands at the end of a Parquet file: its schema, and where the columns of each group of rows
/// are.</summary>
/// <param name="Root">The schema.</param>
/// <param name="RowGroups">The columns of each group of rows, in the order of the schema.</param>
internal sealed record ParquetFooter(ParquetNode Root, IReadOnlyList<IReadOnlyList<ParquetChunk>> RowGroups)
{
    /// <summary>Reads a footer.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetFooter Read(ReadOnlySpan<byte> footer)
    {
        var reader = new ThriftReader(footer);
        var elements = new List<SchemaElement>();
        var groups = new List<IReadOnlyList<ParquetChunk>>();
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            if (id == 2 && type == ThriftType.List)
            {
                for (int left = reader.ReadList(out _); left > 0; left--)
                {
                    elements.Add(ReadElement(ref reader));
                }
            }
            else if (id == 4 && type == ThriftType.List)
            {
                for (int left = reader.ReadList(out _); left > 0; left--)
                {
                    groups.Add(ReadRowGroup(ref reader));
                }
            }
            else
            {
                reader.Skip(type);
            }
        }

        return new ParquetFooter(SchemaElement.Tree(elements), groups);
    }

    private static SchemaElement ReadElement(ref ThriftReader reader)
    {
        var element = new SchemaElement("", null, 0, 0, null, false);
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    element = element with { Type = reader.ReadSize() };
                    break;
                case (3, ThriftType.Int32):
                    element = element with { Presence = reader.ReadSize() };
                    break;
                case (4, ThriftType.Binary):
                    element = element with { Name = reader.ReadText() };
                    break;
                case (5, ThriftType.Int32):
                    element = element with { Children = reader.ReadSize() };
                    break;
                case (6, ThriftType.Int32):
                    element = element with { Meaning = reader.ReadSize() };
                    break;
                case (10, ThriftType.Structure):
                    element = element with { IsList = ReadIsList(ref reader) };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return element;
    }

    private static bool ReadIsList(ref ThriftReader reader)
    {
        bool isList = false;
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            isList |= id == 3;
            reader.Skip(type);
        }

        return isList;
    }

    private static List<ParquetChunk> ReadRowGroup(ref ThriftReader reader)
    {
        var chunks = new List<ParquetChunk>();
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            if (id == 1 && type == ThriftType.List)
            {
                for (int left = reader.ReadList(out _); left > 0; left--)
                {
                    chunks.Add(ReadChunk(ref reader));
                }
            }
            else
            {
                reader.Skip(type);
            }
        }

        return chunks;
    }

    private static ParquetChunk ReadChunk(ref ThriftReader reader)
    {
        var chunk = new ParquetChunk();
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Binary):
                    chunk = chunk with { IsElsewhere = true };
                    reader.Skip(type);
                    break;
                case (3, ThriftType.Structure):
                    chunk = ReadPlace(ref reader, chunk);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return chunk;
    }

    private static ParquetChunk ReadPlace(ref ThriftReader reader, ParquetChunk chunk)
    {
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id, type)
            {
                case (4, ThriftType.Int32):
                    chunk = chunk with { Codec = reader.ReadSize() };
                    break;
                case (5, ThriftType.Int64):
                    chunk = chunk with { Values = reader.ReadInteger() };
                    break;
                case (9, ThriftType.Int64):
                    chunk = chunk with { Pages = reader.ReadInteger() };
                    break;
                case (11, ThriftType.Int64):
                    chunk = chunk with { Dictionary = reader.ReadInteger() };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return chunk;
    }
}

/// <summary>The values of a column in a group of rows.</summary>
internal readonly record struct ParquetChunk
{
    /// <summary>How its pages are compressed.</summary>
    public int Codec { get; init; }

    /// <summary>How many values it has, nulls among them.</summary>
    public long Values { get; init; }

    /// <summary>Where its pages begin.</summary>
    public long Pages { get; init; }

    /// <summary>Where the page of its dictionary is; 0 if it has none, or does not say.</summary>
    public long Dictionary { get; init; }

    /// <summary>Whether it is in another file.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>Where it begins. Some writers have the dictionary's place behind that of the pages, or 0.</summary>
    public long Start => Dictionary > 0 ? Math.Min(Dictionary, Pages) : Pages;
}
