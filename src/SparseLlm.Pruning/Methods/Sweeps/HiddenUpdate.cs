using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>
/// SparseLLM's update of the hidden activations p for given W2 (Bai et al. 2024, eq. 8): the minimiser of
/// <code>beta ‖Y - p W2' - b2‖² + gamma ‖p - phi‖², (beta W2'W2 + gamma I) p' = beta W2' (Y - b2)' + gamma phi'.</code>
/// By Woodbury's identity the system of the hidden size becomes one of the output size, which all tokens share:
/// <code>p = phi + (Y - b2 - phi W2') ((gamma / beta) I + W2 W2')^-1 W2.</code>
/// In this form nothing of the size of phi cancels.
/// </summary>
internal sealed class HiddenUpdate : IDisposable
{
    private readonly IBackend backend;
    private readonly Linear down;
    private readonly Matrix<float> gain;

    /// <summary>Factorises the system for the weights that the layer has now, in double precision.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The weights are too large for the penalties.</exception>
    public HiddenUpdate(IBackend backend, Linear down, Penalties penalties)
    {
        this.backend = backend;
        this.down = down;
        (int outputs, int hidden) = (down.Weight.Rows, down.Weight.Columns);
        using Matrix<double> weights = backend.AllocateUninitialized<double>(outputs, hidden);
        backend.Convert(down.Weight, weights);
        using Matrix<double> system = backend.AllocateUninitialized<double>(outputs, outputs);
        backend.Multiply(weights, false, weights, true, system);
        backend.AddDiagonal(system, (double)penalties.Gamma / penalties.Beta);
        using Matrix<double> factor = backend.AllocateUninitialized<double>(outputs, outputs);
        if (!backend.TryInverseFactor(system, factor))
        {
            throw PruningDiagnostics.NotFactorizable.Error(
                null, $"the update of the hidden activations before '{down.Definition.WeightName}' cannot be solved; "
                    + $"use a larger gamma or a smaller beta");
        }

        backend.InverseFromFactor(factor, system);
        using Matrix<double> product = backend.AllocateUninitialized<double>(outputs, hidden);
        backend.Multiply(system, false, weights, false, product);
        gain = backend.AllocateUninitialized<float>(outputs, hidden);
        backend.Convert(product, gain);
    }

    /// <summary>Turns phi into p.</summary>
    /// <param name="phi">[tokens x hidden]; receives p.</param>
    /// <param name="target">Y, [tokens x outputs].</param>
    public void Apply(Matrix<float> phi, Matrix<float> target)
    {
        using Matrix<float> residual = down.Apply(phi);
        backend.Combine(1, target, -1, residual, residual);
        backend.Multiply(residual, false, gain, false, phi, alpha: 1, beta: 1);
    }

    /// <inheritdoc/>
    public void Dispose() => gain.Dispose();
}
