namespace SparseLlm.Numerics.TorchSharp.Quantization;

/// <summary>Goes through the columns of a matrix in blocks, transposed, so that columns are contiguous; then all columns
/// learn of a block by one product.</summary>
/// <param name="weights">[n x d]; changed in place.</param>
/// <param name="mask">[n x d].</param>
/// <param name="scales">[n x groups]; changed in place by descent.</param>
/// <param name="group">Columns of a group.</param>
/// <param name="codes">The codes.</param>
internal sealed class QuantizationPass(Tensor weights, Tensor mask, Tensor scales, int group, CodeRange codes)
{
    private readonly CodeRounding rounding = new(codes);
    private readonly long columns = weights.shape[1];

    /// <summary>One pass of coordinate descent.</summary>
    /// <param name="gradient">[n x d]; changed in place.</param>
    /// <param name="h">[d x d], symmetric.</param>
    /// <param name="blockSize">Columns of a block.</param>
    public void Descend(Tensor gradient, Tensor h, long blockSize)
    {
        long step = Math.Max(1, blockSize / group) * group;
        step = step > blockSize ? blockSize : step;
        for (long start = 0; start < columns; start += step)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long width = Math.Min(step, columns - start);
            Tensor rows = h.narrow(0, start, width);
            Tensor within = rows.narrow(1, start, width).contiguous();
            Tensor block = weights.narrow(1, start, width).t().contiguous();
            Tensor before = block.clone();
            Tensor kept = mask.narrow(1, start, width).t().contiguous();
            Tensor slopes = gradient.narrow(1, start, width).t().contiguous();
            for (long first = 0; first < width;)
            {
                long inGroup = (start + first) % group;
                long end = Math.Min(width, first + group - inGroup);
                if (inGroup == 0 && end - first == Math.Min(group, width))
                {
                    Rescale(block, slopes, within, start, first, end - first);
                }

                for (long j = first; j < end; j++)
                {
                    using DisposeScope inner = torch.NewDisposeScope();
                    Tensor value = block.narrow(0, j, 1);
                    Tensor wanted = value.sub(slopes.narrow(0, j, 1).div(within.narrow(0, j, 1).narrow(1, j, 1)));
                    Tensor rounded = Rounded(wanted, kept.narrow(0, j, 1), start + j);
                    Tensor change = rounded.sub(value);
                    slopes.addmm_(within.narrow(1, j, 1), change, 1, 1);
                    value.copy_(rounded);
                }

                first = end;
            }

            gradient.addmm_(block.sub(before).t(), rows, 1, 1);
            weights.narrow(1, start, width).copy_(block.t());
        }
    }

    /// <summary>Moves the scale of a group to where the error is least for its codes, to half precision.</summary>
    private void Rescale(Tensor block, Tensor slopes, Tensor within, long start, long first, long count)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor values = block.narrow(0, first, count);
        Tensor h = within.narrow(0, first, count).narrow(1, first, count);
        Tensor curvature = h.mm(values).mul_(values).sum(0, keepdim: true);
        Tensor slope = values.mul(slopes.narrow(0, first, count)).sum(0, keepdim: true);
        Tensor share = torch.where(curvature.gt(Kept(0)), slope.div(curvature), torch.zeros_like(curvature));
        Tensor scale = scales.narrow(1, (start + first) / group, 1);
        Tensor before = scale.t();
        Tensor after = CodeRounding.Half(before.sub(before.mul(share)));
        after = torch.where(after.eq(Kept(0)), before, after);
        Tensor inverse = before.reciprocal().masked_fill_(before.eq(Kept(0)), Kept(0));
        Tensor moved = values.mul(inverse).round_().mul_(after);
        slopes.addmm_(within.narrow(1, first, count), moved.sub(values), 1, 1);
        values.copy_(moved);
        scale.copy_(after.t());
    }

    private Tensor Rounded(Tensor values, Tensor kept, long column)
    {
        Tensor scale = scales.narrow(1, column / group, 1).t();
        return rounding.Codes(values, scale).mul_(scale).mul_(kept).add_(Kept(0), One);
    }
}
