using System.Numerics;
using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>Elementwise arithmetic, a piece per work item.</summary>
internal static unsafe class Arithmetic
{
    /// <summary>destination = alpha x + beta y.</summary>
    public static void Combine<T>(WorkerTeam team, T alpha, View<T> x, T beta, View<T> y, View<T> destination)
        where T : unmanaged, INumber<T> =>
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
        {
            T* left = x.Data + start;
            T* right = y.Data + start;
            T* result = destination.Data + start;
            var leftFactor = new Vector<T>(alpha);
            var rightFactor = new Vector<T>(beta);
            nint i = 0;
            for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> sum = Vector.Load(left + i) * leftFactor + Vector.Load(right + i) * rightFactor;
                sum.Store(result + i);
            }

            for (; i < count; i++)
            {
                result[i] = left[i] * alpha + right[i] * beta;
            }
        });

    /// <summary>destination = x ⊙ y.</summary>
    public static void Hadamard(WorkerTeam team, View<float> x, View<float> y, View<float> destination) =>
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) => TensorPrimitives.Multiply(
            new ReadOnlySpan<float>(x.Data + start, (int)count),
            new ReadOnlySpan<float>(y.Data + start, (int)count),
            new Span<float>(destination.Data + start, (int)count)));

    /// <summary>Every row of x += row.</summary>
    public static void AddRow(WorkerTeam team, View<float> x, View<float> row) =>
        ForRows(team, x, i => TensorPrimitives.Add(x.Row(i), row.Row(0), x.Row(i)));

    /// <summary>Row i of x += factor i times row i of y.</summary>
    public static void AddScaledRows(WorkerTeam team, View<float> x, float* factors, View<float> y) =>
        ForRows(team, x, i => TensorPrimitives.MultiplyAdd(y.Row(i), factors[i], x.Row(i), x.Row(i)));

    /// <summary>Row rows[i] of the destination += factor i times row i of the source. The rows must be
    /// different.</summary>
    public static void AddToRows(
        WorkerTeam team,
        View<float> destination,
        int* rows,
        float* factors,
        View<float> source) =>
        ForRows(team, source, i => TensorPrimitives.MultiplyAdd(
            source.Row(i), factors[i], destination.Row(rows[i]), destination.Row(rows[i])));

    /// <summary>Row i of x *= factor i.</summary>
    public static void ScaleRows(WorkerTeam team, View<float> x, float* factors) =>
        ForRows(team, x, i => TensorPrimitives.Multiply(x.Row(i), factors[i], x.Row(i)));

    /// <summary>Column j of x *= factor j.</summary>
    public static void ScaleColumns(WorkerTeam team, View<float> x, float* factors) =>
        ForRows(
            team,
            x,
            i => TensorPrimitives.Multiply(x.Row(i), new ReadOnlySpan<float>(factors, x.Columns), x.Row(i)));

    /// <summary>h_ij *= f_i f_j, the product of the factors first, so that h stays exactly symmetric.</summary>
    public static void ScaleSymmetric(WorkerTeam team, View<double> h, double* factors) =>
        ForRows(team, h, i =>
        {
            double* row = h.At(i, 0);
            double factor = factors[i];
            for (int j = 0; j < h.Columns; j++)
            {
                row[j] *= factor * factors[j];
            }
        });

    /// <summary>h += alpha x'y.</summary>
    public static void AddOuterProduct(WorkerTeam team, double alpha, double* x, double* y, View<double> h) =>
        ForRows(team, h, i => AddScaled(h.At(i, 0), alpha * x[i], y, h.Columns));

    /// <summary>Calls <paramref name="body"/> for every row, some rows per work item.</summary>
    public static void ForRows<T>(WorkerTeam team, View<T> x, Action<int> body)
        where T : unmanaged =>
        team.RunChunks(x.Rows, WorkerTeam.RowsPerChunk(x.Columns), (start, count) =>
        {
            for (nint i = start; i < start + count; i++)
            {
                body((int)i);
            }
        });

    private static void AddScaled(double* x, double factor, double* y, int count)
    {
        for (int j = 0; j < count; j++)
        {
            x[j] += factor * y[j];
        }
    }
}
