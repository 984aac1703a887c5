using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp.Factorizations;

/// <summary>
/// U upper triangular with h^-1 = U'U: with J the reversal of rows and columns and J h J = L L', U = J L^-1 J. All of
/// it runs on the device; whether it went well is the only thing that the host reads.
/// </summary>
internal sealed class InverseFactor(HostTransfer transfer)
{
    /// <summary>A pivot this much smaller than its diagonal element is rounding error.</summary>
    private const double PivotTolerance = 1e-14;

    private static readonly long[] Both = [0, 1];

    /// <summary>Computes u; false where h is not positive definite.</summary>
    /// <param name="h">[d x d].</param>
    /// <param name="u">[d x d].</param>
    public bool Try(Tensor h, Tensor u)
    {
        Tensor reversed = h.flip(Both);
        Tensor smallest = reversed.diagonal(0, 0, 1).mul(Kept(PivotTolerance));
        (Tensor factor, Tensor info) = torch.linalg.cholesky_ex(reversed);
        reversed.Dispose();
        Tensor pivots = factor.diagonal(0, 0, 1).Squared();
        if (!transfer.Read<bool>(pivots.gt(smallest).all().logical_and(info.eq(Kept(0)))))
        {
            return false;
        }

        Triangles.Invert(factor);
        u.copy_(factor.flip(Both));
        return true;
    }
}
