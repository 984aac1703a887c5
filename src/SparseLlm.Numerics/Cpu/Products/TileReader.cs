using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>Writes a part of a matrix that is not in memory as products read it. It is called on several threads at
/// once.</summary>
/// <param name="row">The part's first row.</param>
/// <param name="column">The part's first column, a multiple of <see cref="MatrixProduct{T}.ColumnAlignment"/>.</param>
/// <param name="tile">
/// Where it goes, row-major. It ends with the matrix or before a multiple of
/// <see cref="MatrixProduct{T}.ColumnAlignment"/>; up to that, its rows may be written beyond their ends.
/// </param>
internal delegate void TileReader<T>(int row, int column, View<T> tile)
    where T : unmanaged;
