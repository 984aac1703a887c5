namespace SparseLlm.Models.Definitions;

/// <summary>
/// A matrix or vector as a part of a stored tensor: some of its rows, perhaps of one plane, perhaps transposed. This is
/// how fused projections (q, k and v in one tensor), interleaved ones, and tensors that hold W' instead of W are data.
/// What is written back is the stored tensor.
/// </summary>
/// <param name="Tensor">What is stored.</param>
/// <param name="Outputs">Which of the tensor's outputs; null for all. Outputs are rows of a plane, columns where it is
/// transposed, elements of a vector.</param>
/// <param name="IsTransposed">Whether the tensor holds [inputs x outputs], as GPT-2's Conv1D does.</param>
/// <param name="Plane">Which plane, of a tensor that has some.</param>
/// <param name="Part">What the slice is, for messages and reports; null for a whole plane.</param>
public sealed record TensorSlice(
    TensorShape Tensor,
    StridedRange? Outputs = null,
    bool IsTransposed = false,
    int Plane = 0,
    string? Part = null)
{
    /// <summary>A whole matrix.</summary>
    public static TensorSlice Matrix(string name, int rows, int columns) => new(new TensorShape(name, rows, columns));

    /// <summary>A whole vector.</summary>
    public static TensorSlice Vector(string name, int length) => new(TensorShape.Vector(name, length));

    /// <summary>The tensor's name, with the plane and the part in brackets where the slice is not all of it.</summary>
    public string Label
    {
        get
        {
            string plane = Tensor.Planes > 0 ? FormattableString.Invariant($"{Plane}") : "";
            return plane.Length + (Part?.Length ?? 0) == 0
                ? Tensor.Name
                : $"{Tensor.Name}[{plane}{(plane.Length > 0 && Part is not null ? "," : "")}{Part}]";
        }
    }

    /// <summary>The tensor's name in a <see cref="Label"/>.</summary>
    public static string TensorOf(string label) => label.EndsWith(']') ? label[..label.LastIndexOf('[')] : label;

    /// <summary>Rows of the matrix: its outputs; 1 for a vector.</summary>
    public int Rows => Tensor.IsVector ? 1 : Count;

    /// <summary>Columns of the matrix: its inputs; the length of a vector.</summary>
    public int Columns => Tensor.IsVector ? Count : IsTransposed ? Tensor.Rows : Tensor.Columns;

    /// <summary>Whether it is its plane, element by element.</summary>
    public bool IsWholePlane => Outputs is null && !IsTransposed;

    /// <summary>How many outputs it takes.</summary>
    private int Count => Outputs?.Count ?? All;

    private int All => Tensor.IsVector || IsTransposed ? Tensor.Columns : Tensor.Rows;

    /// <summary>The stored tensor's output that is the slice's i-th.</summary>
    public int OutputAt(int i) => Outputs?[i] ?? i;

    /// <summary>Takes the slice out of its plane.</summary>
    /// <param name="plane">All elements of the plane, row-major.</param>
    /// <param name="values">Receives the slice, row-major.</param>
    public void Gather<T>(ReadOnlySpan<T> plane, Span<T> values)
    {
        int columns = Tensor.IsVector ? 1 : Columns;
        for (int i = 0; i < Count; i++)
        {
            Span<T> row = values.Slice(i * columns, columns);
            int output = OutputAt(i);
            if (IsTransposed)
            {
                for (int j = 0; j < columns; j++)
                {
                    row[j] = plane[j * Tensor.Columns + output];
                }
            }
            else
            {
                plane.Slice(output * columns, columns).CopyTo(row);
            }
        }
    }

    /// <summary>Puts the slice into its plane.</summary>
    /// <param name="values">The slice, row-major.</param>
    /// <param name="plane">All elements of the plane, row-major.</param>
    public void Scatter<T>(ReadOnlySpan<T> values, Span<T> plane)
    {
        int columns = Tensor.IsVector ? 1 : Columns;
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<T> row = values.Slice(i * columns, columns);
            int output = OutputAt(i);
            if (IsTransposed)
            {
                for (int j = 0; j < columns; j++)
                {
                    plane[j * Tensor.Columns + output] = row[j];
                }
            }
            else
            {
                row.CopyTo(plane.Slice(output * columns, columns));
            }
        }
    }
}
