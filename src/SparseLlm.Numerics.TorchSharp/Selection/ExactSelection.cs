namespace SparseLlm.Numerics.TorchSharp.Selection;

/// <summary>Exact-k selection; among equals, the lower index is kept. Results are true where kept. The host waits for
/// nothing.</summary>
internal static class ExactSelection
{
    /// <summary>The longest rows in which every pair of elements is compared, rather than each row sorted.</summary>
    private const long LongestCompared = 16;

    /// <summary>The <paramref name="keep"/> largest of all: those above the k-th largest, and the first of its equals,
    /// as many as are missing.</summary>
    /// <param name="magnitudes">Contiguous, not negative.</param>
    /// <param name="keep">How many, at most all.</param>
    /// <param name="kernel">What selects at once, where there is such a thing.</param>
    public static Tensor KeepLargest(Tensor magnitudes, long keep, KeepLargestKernel? kernel)
    {
        long count = magnitudes.numel();
        if (keep == 0 || keep == count)
        {
            return keep == 0 ? magnitudes.lt(Kept(0)) : magnitudes.ge(Kept(0));
        }

        if (kernel is not null)
        {
            return kernel.Keep(magnitudes, keep);
        }

        Tensor flat = magnitudes.view(-1);
        Tensor threshold = Threshold(flat, count, keep);
        Tensor kept = flat.gt(threshold);
        Tensor missing = kept.sum().neg_().add_(Kept(keep), One);
        Tensor equal = flat.eq(threshold);
        Tensor isEarly = equal.cumsum(0, torch.int32).le(missing);
        return kept.logical_or_(isEarly.logical_and_(equal)).view(magnitudes.shape);
    }

    /// <summary>In every row, the largest.</summary>
    /// <param name="magnitudes">[n x d], not negative.</param>
    /// <param name="keep">How many of each row, [n x 1] or [1], integers.</param>
    public static Tensor KeepLargestPerRow(Tensor magnitudes, Tensor keep) =>
        magnitudes.shape[1] <= LongestCompared ? ByComparing(magnitudes, keep) : BySorting(magnitudes, keep);

    /// <summary>An element's place is the number of those that come before it: larger ones, and equal ones of a lower
    /// index.</summary>
    private static Tensor ByComparing(Tensor magnitudes, Tensor keep)
    {
        Tensor self = magnitudes.unsqueeze(2);
        Tensor other = magnitudes.unsqueeze(1);
        long width = magnitudes.shape[1];
        Tensor isLower = torch.ones(width, width, torch.@bool, magnitudes.device).tril_(-1);
        Tensor isBefore = other.eq(self).logical_and_(isLower).logical_or_(other.gt(self));
        return isBefore.sum(2).lt(keep);
    }

    private static Tensor BySorting(Tensor magnitudes, Tensor keep)
    {
        Tensor order = magnitudes.sort(1, descending: true, stable: true).Indices;
        Tensor isKept = torch.arange(Kept(magnitudes.shape[1]), torch.int64, magnitudes.device).lt(keep)
            .expand(magnitudes.shape);
        return torch.zeros(magnitudes.shape, torch.@bool, magnitudes.device).scatter_(1, order, isKept);
    }

    /// <summary>The k-th largest, from the smaller one of what is above and what is below it: a device finds many of
    /// one row in parallel.</summary>
    private static Tensor Threshold(Tensor flat, long count, long keep)
    {
        long rest = count - keep + 1;
        return keep <= rest
            ? flat.topk(checked((int)keep), 0, largest: true, sorted: false).values.min()
            : flat.topk(checked((int)rest), 0, largest: false, sorted: false).values.max();
    }
}
