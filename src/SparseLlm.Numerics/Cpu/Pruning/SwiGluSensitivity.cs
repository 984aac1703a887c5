using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>How strongly a SwiGLU's output depends on its channels: per column, Σ silu(gate)² and Σ (silu'(gate) up)².</summary>
internal static unsafe class SwiGluSensitivity
{
    /// <summary>Adds the sums over the tokens of gate and up.</summary>
    public static void Accumulate(WorkerTeam team, View<float> gate, View<float> up, double* upSensitivity, double* gateSensitivity) =>
        ColumnReductions.Run(team, gate.Columns, (column, count) =>
        {
            for (int row = 0; row < gate.Rows; row++)
            {
                AddToken(
                    gate.At(row, column), up.At(row, column), count, upSensitivity + column, gateSensitivity + column);
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddToken(float* gate, float* up, int count, double* upSensitivity, double* gateSensitivity)
    {
        int j = 0;
        for (; j <= count - Vector<float>.Count; j += Vector<float>.Count)
        {
            Vector<float> s = Vector.Load(gate + j);
            Vector<float> sigmoid = Sigmoid.Of(s);
            Vector<float> silu = s * sigmoid;
            Vector<float> slope = sigmoid * (Vector<float>.One + s * (Vector<float>.One - sigmoid)) * Vector.Load(up + j);
            AddWidened(silu * silu, upSensitivity + j);
            AddWidened(slope * slope, gateSensitivity + j);
        }

        for (; j < count; j++)
        {
            float s = gate[j];
            float sigmoid = 1 / (1 + MathF.Exp(-s));
            float slope = sigmoid * (1 + s * (1 - sigmoid)) * up[j];
            upSensitivity[j] += s * sigmoid * (s * sigmoid);
            gateSensitivity[j] += slope * slope;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWidened(Vector<float> values, double* sums)
    {
        Vector.Widen(values, out Vector<double> lower, out Vector<double> upper);
        (Vector.Load(sums) + lower).Store(sums);
        (Vector.Load(sums + Vector<double>.Count) + upper).Store(sums + Vector<double>.Count);
    }
}
