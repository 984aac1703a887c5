namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>Element types of matrices as libtorch names them.</summary>
internal static class ElementTypes
{
    /// <summary>The scalar type of numbers in a file.</summary>
    public static torch.ScalarType Of(NumberFormat format) => format switch
    {
        NumberFormat.Half => torch.ScalarType.Float16,
        NumberFormat.BFloat16 => torch.ScalarType.BFloat16,
        _ => torch.ScalarType.Float32,
    };

    /// <summary>The scalar type that holds a T bit by bit.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static torch.ScalarType Of<T>()
        where T : unmanaged => default(T) switch
        {
            float => torch.ScalarType.Float32,
            double => torch.ScalarType.Float64,
            int => torch.ScalarType.Int32,
            long => torch.ScalarType.Int64,
            byte => torch.ScalarType.Byte,
            _ => throw new NotSupportedException($"A matrix of {typeof(T).Name} cannot be kept in a tensor."),
        };
}
