using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>KL(softmax(teacher) || softmax(student)) per row, and its derivative by the student's logits.</summary>
internal static unsafe class Divergence
{
    /// <summary>divergences = Σ p (log p - log q); gradient = scale (q - p), which may be the student's
    /// memory.</summary>
    public static void Run(
        WorkerTeam team, BufferPool pool, View<float> teacher, View<float> student, float scale, double* divergences,
        View<float> gradient) =>
        Arithmetic.ForRows(team, teacher, row =>
        {
            int count = teacher.Columns;
            using Scratch<float> memory = pool.RentScratch<float>(count);
            float* p = memory.Data;
            float* t = teacher.At(row, 0);
            float* s = student.At(row, 0);
            float teacherMax = TensorPrimitives.Max(new ReadOnlySpan<float>(t, count));
            float studentMax = TensorPrimitives.Max(new ReadOnlySpan<float>(s, count));
            double teacherSum = Exponential.ShiftedSum(t, teacherMax, count, p);
            double difference = (Reductions.Dot(p, t, count) - Reductions.Dot(p, s, count)) / teacherSum;

            float* q = gradient.At(row, 0);
            double studentSum = Exponential.ShiftedSum(s, studentMax, count, q);
            divergences[row] = difference + (studentMax + Math.Log(studentSum)) - (teacherMax + Math.Log(teacherSum));
            TensorPrimitives.Multiply(gradient.Row(row), (float)(scale / studentSum), gradient.Row(row));
            TensorPrimitives.MultiplyAdd(
                new ReadOnlySpan<float>(p, count), (float)(-scale / teacherSum), gradient.Row(row), gradient.Row(row));
        });
}
