namespace SparseLlm.Numerics.Conformance;

/// <summary>Data and literal computations in double precision.</summary>
public static class Reference
{
    /// <summary>Numbers in (-1, 1) that single precision holds exactly.</summary>
    public static double[,] Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return Fill(rows, columns, (_, _) => random.NextSingle() * 2 - 1);
    }

    public static double[,] Fill(int rows, int columns, Func<int, int, double> value)
    {
        var matrix = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] = (float)value(i, j);
            }
        }

        return matrix;
    }

    /// <summary>X'X / n + ridge, for correlated random X: symmetric and well conditioned.</summary>
    public static double[,] Gram(int size, int seed, double ridge = 0.1)
    {
        int tokens = 2 * size + 3;
        double[,] x = Random(tokens, size, seed);
        double[,] h = Multiply(Transpose(x), x);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                h[i, j] = h[i, j] / tokens + (i == j ? ridge : 0);
            }
        }

        return h;
    }

    public static double[,] Transpose(double[,] x)
    {
        var result = new double[x.GetLength(1), x.GetLength(0)];
        for (int i = 0; i < x.GetLength(0); i++)
        {
            for (int j = 0; j < x.GetLength(1); j++)
            {
                result[j, i] = x[i, j];
            }
        }

        return result;
    }

    public static double[,] Multiply(double[,] a, double[,] b)
    {
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int k = 0; k < a.GetLength(1); k++)
            {
                double factor = a[i, k];
                for (int j = 0; j < b.GetLength(1); j++)
                {
                    c[i, j] += factor * b[k, j];
                }
            }
        }

        return c;
    }

    /// <summary>By Gauss and Jordan, with no pivoting: for positive definite matrices.</summary>
    public static double[,] Inverse(double[,] h)
    {
        int n = h.GetLength(0);
        var a = (double[,])h.Clone();
        var inverse = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            inverse[i, i] = 1;
        }

        for (int p = 0; p < n; p++)
        {
            double pivot = a[p, p];
            for (int j = 0; j < n; j++)
            {
                a[p, j] /= pivot;
                inverse[p, j] /= pivot;
            }

            for (int i = 0; i < n; i++)
            {
                double factor = i == p ? 0 : a[i, p];
                for (int j = 0; j < n; j++)
                {
                    a[i, j] -= factor * a[p, j];
                    inverse[i, j] -= factor * inverse[p, j];
                }
            }
        }

        return inverse;
    }

    /// <summary>The upper triangular U with h = U'U.</summary>
    public static double[,] UpperCholesky(double[,] h)
    {
        int n = h.GetLength(0);
        var u = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = i; j < n; j++)
            {
                double sum = h[i, j];
                for (int k = 0; k < i; k++)
                {
                    sum -= u[k, i] * u[k, j];
                }

                u[i, j] = i == j ? Math.Sqrt(sum) : sum / u[i, i];
            }
        }

        return u;
    }

    /// <summary>1 for the k largest |score| of the given cells, by sorting; among equals the first cell wins.</summary>
    public static void KeepLargest(
        IReadOnlyList<(int Row, int Column)> cells,
        Func<int, int, double> score,
        long keep,
        double[,] mask)
    {
        int rank = 0;
        foreach ((int row, int column) in cells.OrderByDescending(cell => Math.Abs(score(cell.Row, cell.Column))))
        {
            mask[row, column] = rank++ < keep ? 1 : 0;
        }
    }

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    /// <summary>f(x).</summary>
    public static double Activate(Nonlinearity f, double x) => f switch
    {
        Nonlinearity.Relu => Math.Max(x, 0),
        Nonlinearity.Silu => Silu(x),
        Nonlinearity.Gelu => x * NormalCumulative(x),
        Nonlinearity.GeluTanh => x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2,
        Nonlinearity.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        _ => throw new ArgumentOutOfRangeException(nameof(f)),
    };

    /// <summary>f(gate) up.</summary>
    public static double Activate(Nonlinearity f, double gate, double up) => f == Nonlinearity.ClampedSwish
        ? Activate(Nonlinearity.QuickGelu, Math.Min(gate, 7)) * (Math.Clamp(up, -7, 7) + 1)
        : Activate(f, gate) * up;

    /// <summary>Φ(x) by the power series of (Φ(x) - 1/2) / φ(x), the terms of which are all positive; φ(x) (1 - 1/x² +
    /// ...) / |x| far out.</summary>
    private static double NormalCumulative(double x)
    {
        double density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(x) > 8)
        {
            return x > 0 ? 1 : density / -x * (1 - 1 / (x * x));
        }

        double sum = 0;
        double term = x;
        for (int n = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); n += 2)
        {
            sum += term;
            term *= x * x / n;
        }

        return 0.5 + density * sum;
    }

    public static double[] Flatten(double[,] x) => [.. x.Cast<double>()];

    public static void ShouldBeClose(IReadOnlyList<double> actual, IReadOnlyList<double> expected, double tolerance)
    {
        actual.Count.ShouldBe(expected.Count);
        for (int i = 0; i < actual.Count; i++)
        {
            // Not written as a greater-than, so that NaN fails.
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance * (1 + Math.Abs(expected[i]))))
            {
                actual[i].ShouldBe(expected[i], tolerance, $"element {i}");
            }
        }
    }
}
