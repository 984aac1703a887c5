using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp.Factorizations;

/// <summary>
/// U upper triangular with h^-1 = U'U, recursively on halves: the blocks on the diagonal are factorised on the host, the products between them,
/// which are nearly all of the work, run on the device.
/// <code>
/// h = [A B; B' D]:  U22 from D;  R12 = B U22';  U11 from A - R12 R12';  U12 = -U11 R12 U22
/// </code>
/// </summary>
internal sealed class InverseFactor(IBackend host, HostTransfer transfer)
{
    private const int BaseSize = 256;

    /// <summary>A pivot this much smaller than its diagonal element is rounding error.</summary>
    private const double PivotTolerance = 1e-14;

    /// <summary>Computes u; false where h is not positive definite.</summary>
    /// <param name="h">[d x d].</param>
    /// <param name="u">[d x d].</param>
    public bool Try(Tensor h, Tensor u)
    {
        var smallest = new double[h.shape[0]];
        transfer.Download(h.diagonal(0, 0, 1).mul(PivotTolerance), smallest);
        u.copy_(h);
        return TryInPlace(u, smallest);
    }

    private bool TryInPlace(Tensor u, ReadOnlySpan<double> smallestPivots)
    {
        int size = smallestPivots.Length;
        if (size <= BaseSize)
        {
            return TryBase(u, smallestPivots);
        }

        using DisposeScope scope = torch.NewDisposeScope();
        int half = (size / 2 + BaseSize - 1) / BaseSize * BaseSize;
        Tensor upper = u.narrow(0, 0, half);
        Tensor lower = u.narrow(0, half, size - half);
        Tensor u11 = upper.narrow(1, 0, half);
        Tensor u12 = upper.narrow(1, half, size - half);
        Tensor u22 = lower.narrow(1, half, size - half);
        if (!TryInPlace(u22, smallestPivots[half..]))
        {
            return false;
        }

        Tensor r12 = u12.mm(u22.t());
        u11.addmm_(r12, r12.t(), 1, -1);
        if (!TryInPlace(u11, smallestPivots[..half]))
        {
            return false;
        }

        u12.copy_(u11.mm(r12.mm(u22)).neg_());
        lower.narrow(1, 0, half).zero_();
        return true;
    }

    private bool TryBase(Tensor u, ReadOnlySpan<double> smallestPivots)
    {
        int size = smallestPivots.Length;
        var elements = new double[size * size];
        using Matrix<double> block = host.AllocateUninitialized<double>(size, size);
        using Matrix<double> factor = host.AllocateUninitialized<double>(size, size);
        transfer.Download(u.contiguous(), elements.AsSpan());
        host.Upload<double>(elements, block);
        if (!host.TryInverseFactor(block, factor))
        {
            return false;
        }

        host.Download<double>(factor, elements);
        for (int i = 0; i < size; i++)
        {
            // The diagonal of U holds the inverse roots of the pivots.
            double inverseRoot = elements[i * size + i];
            if (!(1 / (inverseRoot * inverseRoot) > smallestPivots[i]))
            {
                return false;
            }
        }

        u.copy_(transfer.Vector<double>(elements).view(size, size));
        return true;
    }
}
