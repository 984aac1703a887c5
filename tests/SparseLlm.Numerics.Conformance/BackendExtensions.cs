namespace SparseLlm.Numerics.Conformance;

/// <summary>Host arrays to matrices and back.</summary>
public static class BackendExtensions
{
    public static Matrix<float> Float(this IBackend backend, double[,] values)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(values.GetLength(0), values.GetLength(1));
        backend.Upload<float>(values.Cast<double>().Select(value => (float)value).ToArray(), matrix);
        return matrix;
    }

    public static Matrix<double> Double(this IBackend backend, double[,] values)
    {
        Matrix<double> matrix = backend.AllocateUninitialized<double>(values.GetLength(0), values.GetLength(1));
        backend.Upload<double>(values.Cast<double>().ToArray(), matrix);
        return matrix;
    }

    public static float[] Read(this IBackend backend, Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return values;
    }

    public static double[] Read(this IBackend backend, Matrix<double> matrix)
    {
        var values = new double[matrix.Length];
        backend.Download<double>(matrix, values);
        return values;
    }

    public static double[] ReadWide(this IBackend backend, Matrix<float> matrix) =>
        [.. backend.Read(matrix).Select(value => (double)value)];
}
