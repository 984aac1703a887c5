namespace SparseLlm.Numerics.Conformance;

/// <summary>
/// SparseGPT's sweep (Frantar and Alistarh 2023, algorithm 1), equation by equation in double precision, column by
/// column over the whole matrix.
/// </summary>
internal static class ObsReference
{
    public static double[,] Unstructured(double[,] w, double[,] u, long zeros, int blockSize)
    {
        int rows = w.GetLength(0);
        int columns = w.GetLength(1);
        var mask = new double[rows, columns];
        for (int start = 0; start < columns; start += blockSize)
        {
            int end = Math.Min(start + blockSize, columns);
            long prune = zeros * end / columns - zeros * start / columns;
            (int, int)[] cells = [.. Enumerable.Range(0, rows)
                .SelectMany(i => Enumerable.Range(start, end - start).Select(j => (i, j)))];
            Reference.KeepLargest(cells, (i, j) => w[i, j] / u[j, j], cells.Length - prune, mask);
            for (int j = start; j < end; j++)
            {
                PruneColumn(w, u, mask, j);
            }
        }

        return mask;
    }

    public static double[,] Groups(double[,] w, double[,] u, int zeros, int group)
    {
        int rows = w.GetLength(0);
        int columns = w.GetLength(1);
        var mask = new double[rows, columns];
        for (int start = 0; start < columns; start += group)
        {
            for (int i = 0; i < rows; i++)
            {
                int row = i;
                Reference.KeepLargest(
                    [.. Enumerable.Range(start, group).Select(j => (row, j))], (r, j) => w[r, j] / u[j, j], group
                        - zeros, mask);
            }

            for (int j = start; j < start + group; j++)
            {
                PruneColumn(w, u, mask, j);
            }
        }

        return mask;
    }

    private static void PruneColumn(double[,] w, double[,] u, double[,] mask, int j)
    {
        for (int i = 0; i < w.GetLength(0); i++)
        {
            if (mask[i, j] == 0)
            {
                double error = w[i, j] / u[j, j];
                for (int k = j; k < w.GetLength(1); k++)
                {
                    w[i, k] -= error * u[j, k];
                }

                w[i, j] = 0;
            }
        }
    }
}
