using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>sum += x'y over tokens: products of short runs of tokens in single precision, their sum in double
/// precision.</summary>
internal sealed class TokenProducts(RowChunks chunks, SingleProducts products)
{
    /// <summary>Rows of an upper triangle that are computed together, from the first column on that the first of them
    /// needs.</summary>
    private const long TriangleRows = 1024;

    /// <summary>The upper triangle of sum += x'x; the lower one is left undefined.</summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="sum">[d x d], double precision.</param>
    public void AddGram(Tensor x, Tensor sum) => Add(x, x, sum, upperOnly: true);

    /// <summary>sum += x'y.</summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="y">[tokens x m].</param>
    /// <param name="sum">[d x m], double precision.</param>
    public void AddCross(Tensor x, Tensor y, Tensor sum) => Add(x, y, sum, upperOnly: false);

    private void Add(Tensor x, Tensor y, Tensor sum, bool upperOnly)
    {
        long tokens = x.shape[0];
        long columns = y.shape[1];
        for (long token = 0; token < tokens; token += products.Tokens)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long count = Math.Min(products.Tokens, tokens - token);
            Tensor left = products.Left(x.narrow(0, token, count).t());
            Tensor right = products.Right(y.narrow(0, token, count));
            Action<long, long> addRows = (row, rows) =>
            {
                long first = upperOnly ? row : 0;
                Tensor product = products.Of(left.narrow(0, row, rows), right.narrow(1, first, columns - first));
                sum.narrow(0, row, rows).narrow(1, first, columns - first).add_(product, One);
            };
            chunks.Run(sum.shape[0], columns, addRows, upperOnly ? TriangleRows : long.MaxValue);
        }
    }
}
