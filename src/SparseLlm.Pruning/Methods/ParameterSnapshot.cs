using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods;

/// <summary>The values of some parameters at one moment, to go back to.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="parameters">The parameters, which stay the caller's.</param>
internal sealed class ParameterSnapshot(MatrixStore store, IEnumerable<Matrix<float>> parameters) : IDisposable
{
    private readonly (Matrix<float> Parameter, StoredMatrix Values)[] copies = [.. parameters.Select(
        parameter => (parameter, store.KeepCopy(parameter)))];

    /// <summary>Gives every parameter its value back.</summary>
    public void Restore() => Array.ForEach(copies, copy => copy.Values.CopyTo(copy.Parameter));

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(copies, copy => copy.Values.Dispose());
}
