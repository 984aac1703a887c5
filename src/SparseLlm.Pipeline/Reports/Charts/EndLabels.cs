namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>Where labels stand beside the ends of lines, so that none covers another.</summary>
internal static class EndLabels
{
    /// <summary>The distance of two labels.</summary>
    public const double Distance = 15;

    /// <summary>Places for labels, each as near to its end as the others let it be.</summary>
    /// <param name="ends">Where the lines end, from the upper edge.</param>
    /// <param name="lowest">How far down a label may be; there is room for all of them above.</param>
    public static double[] Place(IReadOnlyList<double> ends, double lowest)
    {
        int[] order = [.. Enumerable.Range(0, ends.Count).OrderBy(index => ends[index])];
        var places = new double[ends.Count];
        double free = double.NegativeInfinity;
        foreach (int index in order)
        {
            places[index] = Math.Max(ends[index], free);
            free = places[index] + Distance;
        }

        free = lowest;
        foreach (int index in order.Reverse())
        {
            places[index] = Math.Min(places[index], free);
            free = places[index] - Distance;
        }

        return places;
    }
}
