using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Layers;

/// <summary>The values of some parameters at one moment, to read or to go back to.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="parameters">The parameters, which stay the caller's.</param>
internal sealed class ParameterSnapshot(MatrixStore store, IEnumerable<Matrix<float>> parameters) : IDisposable
{
    private readonly Dictionary<Matrix<float>, StoredMatrix> values = parameters.Distinct().ToDictionary(
        parameter => parameter,
        store.KeepCopy);

    /// <summary>The value of a parameter, for reading until the caller disposes it.</summary>
    public Matrix<float> Read(Matrix<float> parameter) => values[parameter].Read();

    /// <summary>Gives every parameter its value back.</summary>
    public void Restore()
    {
        foreach (Matrix<float> parameter in values.Keys)
        {
            Restore(parameter);
        }
    }

    /// <summary>Gives a parameter its value back.</summary>
    public void Restore(Matrix<float> parameter) => values[parameter].CopyTo(parameter);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (StoredMatrix value in values.Values)
        {
            value.Dispose();
        }
    }
}
