namespace SparseLlm.Numerics.TorchSharp.Selection;

/// <summary>Exact-k selection; among equals, the lower index is kept. Results are true where kept.</summary>
internal static class ExactSelection
{
    /// <summary>The <paramref name="keep"/> largest of all: those above the k-th largest, and as many of its equals as are missing.</summary>
    /// <param name="magnitudes">Contiguous, not negative.</param>
    /// <param name="keep">How many, at most all.</param>
    public static Tensor KeepLargest(Tensor magnitudes, long keep)
    {
        long count = magnitudes.numel();
        if (keep == 0 || keep == count)
        {
            return keep == 0 ? magnitudes.lt(0) : magnitudes.ge(0);
        }

        Tensor flat = magnitudes.view(-1);
        Tensor threshold = Threshold(flat, count, keep);
        Tensor kept = flat.gt(threshold);
        long missing = keep - kept.sum().item<long>();
        kept.index_fill_(0, flat.eq(threshold).nonzero().view(-1).narrow(0, 0, missing), true);
        return kept.view(magnitudes.shape);
    }

    /// <summary>In every row, the largest.</summary>
    /// <param name="magnitudes">[n x d], not negative.</param>
    /// <param name="keep">How many of each row, [n x 1] or [1], integers.</param>
    public static Tensor KeepLargestPerRow(Tensor magnitudes, Tensor keep)
    {
        Tensor order = magnitudes.sort(1, descending: true, stable: true).Indices;
        Tensor isKept = torch.arange(magnitudes.shape[1], torch.int64, magnitudes.device).lt(keep).expand(magnitudes.shape);
        return torch.zeros(magnitudes.shape, torch.@bool, magnitudes.device).scatter_(1, order, isKept);
    }

    /// <summary>The k-th largest, from the smaller one of what is above and what is below it: a device finds many of one row in parallel.</summary>
    private static Tensor Threshold(Tensor flat, long count, long keep)
    {
        long rest = count - keep + 1;
        return keep <= rest
            ? flat.topk(checked((int)keep), 0, largest: true, sorted: false).values.min()
            : flat.topk(checked((int)rest), 0, largest: false, sorted: false).values.max();
    }
}
