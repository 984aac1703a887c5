namespace SparseLlm.Numerics;

/// <summary>A count divided over parts as evenly as whole numbers allow.</summary>
internal static class EvenShares
{
    /// <summary>floor(total end / parts) - floor(total start / parts): what falls on the parts start .. end -
    /// 1.</summary>
    public static long Of(long total, long start, long end, long parts) =>
        (long)((Int128)total * end / parts - (Int128)total * start / parts);
}
