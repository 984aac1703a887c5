using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Numerics.Tests;

/// <summary>Functions of single numbers, whose place in a matrix must not matter.</summary>
public sealed class ElementwiseFunctions
{
    private const int Count = 41;

    [Theory]
    [InlineData(Nonlinearity.Relu)]
    [InlineData(Nonlinearity.Silu)]
    [InlineData(Nonlinearity.Gelu)]
    [InlineData(Nonlinearity.GeluTanh)]
    [InlineData(Nonlinearity.QuickGelu)]
    public void An_activation_has_the_same_bits_wherever_its_argument_stands(Nonlinearity f)
    {
        ShouldNotDependOnPlace((backend, x) => backend.Activate(f, x, x));
        ShouldNotDependOnPlace((backend, x) => backend.ActivationGradient(f, x, x, x));
        ShouldNotDependOnPlace((backend, x) => backend.ActivateGated(f, x, x, x));
    }

    [Fact]
    public void Clamped_swish_and_soft_caps_have_the_same_bits_wherever_their_arguments_stand()
    {
        ShouldNotDependOnPlace((backend, x) => backend.ActivateGated(Nonlinearity.ClampedSwish, x, x, x));
        ShouldNotDependOnPlace((backend, x) => backend.SoftCap(x, 2, x));
        ShouldNotDependOnPlace((backend, x) => backend.SoftCapGradient(x, 2, x, x));
    }

    private static void ShouldNotDependOnPlace(Action<IBackend, Matrix<float>> function)
    {
        using var backend = new CpuBackend(1);
        using Matrix<float> together = backend.Float(Reference.Fill(1, Count, (_, j) => 0.3 * (j - 20)));
        using Matrix<float> alone = backend.Float(Reference.Fill(Count, 1, (i, _) => 0.3 * (i - 20)));
        function(backend, together);
        for (int i = 0; i < Count; i++)
        {
            function(backend, alone.Slice(i, 1));
        }

        backend.Read(alone).ShouldBe(backend.Read(together));
    }
}
