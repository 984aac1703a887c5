using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Guarding;

/// <summary>The values of some parameters at one moment, to go back to.</summary>
internal sealed class ParameterSnapshot : IDisposable
{
    private readonly IBackend backend;
    private readonly List<(Matrix<float> Parameter, Matrix<float> Values)> copies = [];

    /// <summary>Copies parameters, which stay the caller's.</summary>
    public ParameterSnapshot(IBackend backend, IEnumerable<Matrix<float>> parameters)
    {
        this.backend = backend;
        foreach (Matrix<float> parameter in parameters)
        {
            Matrix<float> values = backend.AllocateUninitialized<float>(parameter.Rows, parameter.Columns);
            backend.Copy(parameter, values);
            copies.Add((parameter, values));
        }
    }

    /// <summary>Gives every parameter its value back.</summary>
    public void Restore() => copies.ForEach(copy => backend.Copy(copy.Values, copy.Parameter));

    /// <inheritdoc/>
    public void Dispose() => copies.ForEach(copy => copy.Values.Dispose());
}
