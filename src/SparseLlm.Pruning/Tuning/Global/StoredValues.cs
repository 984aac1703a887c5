using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning.Global;

/// <summary>
/// Parameters as a checkpoint will store them, until this is disposed: what decides whether tuning stays is the model
/// that is written, and small steps of large weights are lost in it.
/// </summary>
internal sealed class StoredValues : IDisposable
{
    private readonly IBackend backend;
    private readonly List<(Matrix<float> Values, Matrix<float> Exact)> rounded = [];

    /// <summary>Rounds parameters.</summary>
    /// <param name="backend">Where they live.</param>
    /// <param name="checkpoint">Its element types are rounded to.</param>
    /// <param name="parameters">The parameters.</param>
    public StoredValues(
        IBackend backend, Checkpoint checkpoint, IEnumerable<(TensorSlice Slice, Matrix<float> Values)> parameters)
    {
        this.backend = backend;
        foreach ((TensorSlice slice, Matrix<float> values) in parameters.DistinctBy(parameter => parameter.Values))
        {
            NumberFormat format = checkpoint[slice.Tensor.Name].ElementType.Format();
            if (format != NumberFormat.Single)
            {
                rounded.Add((values, backend.CopyOf(values)));
                backend.RoundTo(values, format);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Matrix<float> values, Matrix<float> exact) in rounded)
        {
            backend.Copy(exact, values);
            exact.Dispose();
        }
    }
}
