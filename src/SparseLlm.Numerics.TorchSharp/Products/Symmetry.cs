namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>Makes matrices exactly symmetric: the two sums of a pair of elements may end differently.</summary>
internal static class Symmetry
{
    private const long Block = 1024;

    /// <summary>The upper triangle onto the lower one.</summary>
    /// <param name="h">[d x d].</param>
    public static void MirrorUpper(Tensor h)
    {
        long size = h.shape[0];
        for (long start = 0; start < size; start += Block)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long count = Math.Min(Block, size - start);
            long end = start + count;
            Tensor rows = h.narrow(0, start, count);
            Tensor diagonal = rows.narrow(1, start, count);
            diagonal.copy_(diagonal.triu().add_(diagonal.triu(1).t(), One));
            h.narrow(0, end, size - end).narrow(1, start, count).copy_(rows.narrow(1, end, size - end).t());
        }
    }
}
