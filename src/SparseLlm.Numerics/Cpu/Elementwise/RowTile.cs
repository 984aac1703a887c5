using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>A few rows of a matrix, transposed, so that the lanes of a vector are rows: every step of an algorithm that
/// goes from column to column is then the same for all of them.</summary>
internal static unsafe class RowTile
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 32;

    /// <summary>Elements of a tile.</summary>
    public static nint Length(int columns) => (nint)Rows * columns;

    /// <summary>Transposes rows into a tile; lanes without a row are zero.</summary>
    public static void Load(View<float> rows, float* tile)
    {
        if (rows.Rows < Rows)
        {
            new Span<float>(tile, Rows * rows.Columns).Clear();
        }

        Transposition.Transpose(rows, tile, Rows);
    }

    /// <summary>Transposes a tile into rows.</summary>
    public static void Store(float* tile, View<float> rows) =>
        Transposition.Transpose(new View<float>(tile, rows.Columns, rows.Rows, Rows, 1), rows.Data, rows.RowStride);
}
