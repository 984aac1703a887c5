namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>An element of a schema, as the file lists them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The physical type of a column; null of a group.</param>
/// <param name="Presence">0 where it must be there, 1 where it may be, 2 where there may be several.</param>
/// <param name="Children">How many of the elements behind it are in it.</param>
/// <param name="Meaning">What its values are, by the older of two numberings; null if it does not say.</param>
/// <param name="IsList">Whether it is a list by the newer one.</param>
internal readonly record struct SchemaElement(
    string Name,
    int? Type,
    int Presence,
    int Children,
    int? Meaning,
    bool IsList)
{
    private const int List = 3;
    private const int Repeated = 2;
    private const int Bytes = 6;
    private const int Decimal = 5;
    private const int Bson = 20;

    // Fields in fields, as people write them, are nested in a few levels.
    private const int DeepestNesting = 64;

    /// <summary>The tree of a list of elements, its root without a name.</summary>
    /// <exception cref="InvalidDataException">They make none.</exception>
    public static ParquetNode Tree(IReadOnlyList<SchemaElement> elements)
    {
        int next = 0;
        int column = 0;
        ParquetNode root = Node(elements, ref next, ref column, definition: 0, repetition: 0, depth: 0);
        return root with { IsRepeated = false, IsList = false };
    }

    private static ParquetNode Node(
        IReadOnlyList<SchemaElement> elements,
        ref int next,
        ref int column,
        int definition,
        int repetition,
        int depth)
    {
        if (next >= elements.Count || depth > DeepestNesting)
        {
            throw new InvalidDataException("the schema does not go together");
        }

        SchemaElement element = elements[next++];
        if (depth > 0)
        {
            definition += element.Presence > 0 ? 1 : 0;
            repetition += element.Presence == Repeated ? 1 : 0;
        }

        var children = new List<ParquetNode>();
        for (int child = 0; child < element.Children; child++)
        {
            children.Add(Node(elements, ref next, ref column, definition, repetition, depth + 1));
        }

        bool isColumn = element.Type is not null;
        return new ParquetNode(
            element.Name,
            element is { Type: Bytes, Meaning: not (Decimal or Bson) },
            isColumn ? column++ : -1,
            element.Presence == Repeated,
            !isColumn && (element.IsList || element.Meaning == List),
            definition,
            repetition,
            children);
    }
}
