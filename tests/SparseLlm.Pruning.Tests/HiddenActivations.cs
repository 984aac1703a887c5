using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Methods.Sweeps;

namespace SparseLlm.Pruning.Tests;

/// <summary>The update of the auxiliary hidden activations p.</summary>
public sealed class HiddenActivations
{
    private const int Tokens = 5;
    private const int Outputs = 4;
    private const int Hidden = 9;

    [Theory]
    [InlineData(0.1f, 0.1f)]
    [InlineData(5f, 5f)]
    [InlineData(0.01f, 100f)]
    [InlineData(100f, 0.1f)]
    public void The_update_by_Woodbury_equals_the_direct_solution_in_double_precision(float beta, float gamma)
    {
        var random = new Random(7);
        float[] w = Draw(random, Outputs * Hidden), b = Draw(random, Outputs), y = Draw(
            random,
            Tokens * Outputs), phi = Draw(random, Tokens * Hidden);
        using var backend = new CpuBackend();
        using var down = new Linear(
            backend,
            new LinearDefinition("down", Hidden, Outputs, hasBias: true),
            Upload(w, Outputs),
            Upload(b, 1));
        using Matrix<float> target = Upload(y, Tokens);
        using Matrix<float> p = Upload(phi, Tokens);
        using var update = new HiddenUpdate(backend, down, new Penalties(Alpha: 1, beta, gamma));
        update.Apply(p, target);

        var actual = new float[Tokens * Hidden];
        backend.Download<float>(p, actual);
        for (int token = 0; token < Tokens; token++)
        {
            double[] expected = Direct(token);
            for (int i = 0; i < Hidden; i++)
            {
                ((double)actual[token * Hidden + i]).ShouldBe(expected[i], 2e-5);
            }
        }

        Matrix<float> Upload(float[] values, int rows)
        {
            Matrix<float> matrix = backend.AllocateUninitialized<float>(rows, values.Length / rows);
            backend.Upload<float>(values, matrix);
            return matrix;
        }

        // (beta W'W + gamma I) p = beta W' (y - b) + gamma phi
        double[] Direct(int token)
        {
            var system = new double[Hidden, Hidden];
            var right = new double[Hidden];
            for (int i = 0; i < Hidden; i++)
            {
                system[i, i] = gamma;
                right[i] = (double)gamma * phi[token * Hidden + i];
                for (int o = 0; o < Outputs; o++)
                {
                    right[i] += (double)beta * w[o * Hidden + i] * ((double)y[token * Outputs + o] - b[o]);
                    for (int j = 0; j < Hidden; j++)
                    {
                        system[i, j] += (double)beta * w[o * Hidden + i] * w[o * Hidden + j];
                    }
                }
            }

            return Eliminate(system, right);
        }
    }

    /// <summary>Gaussian elimination; the matrix is positive definite, so no pivots are needed.</summary>
    private static double[] Eliminate(double[,] a, double[] b)
    {
        int n = b.Length;
        for (int k = 0; k < n; k++)
        {
            for (int i = k + 1; i < n; i++)
            {
                double factor = a[i, k] / a[k, k];
                for (int j = k; j < n; j++)
                {
                    a[i, j] -= factor * a[k, j];
                }

                b[i] -= factor * b[k];
            }
        }

        for (int k = n - 1; k >= 0; k--)
        {
            for (int j = k + 1; j < n; j++)
            {
                b[k] -= a[k, j] * b[j];
            }

            b[k] /= a[k, k];
        }

        return b;
    }

    private static float[] Draw(Random random, int count)
        => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
