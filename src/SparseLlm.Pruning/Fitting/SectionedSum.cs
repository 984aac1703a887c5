using System.Runtime.InteropServices;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>
/// A sum over calibration tokens in double precision: first over each section of the windows, then over the sections in
/// their order. Where each of several processes sums up sections of its own, the result has the same bits.
/// </summary>
/// <param name="backend">Where it lives.</param>
/// <param name="rows">Its rows.</param>
/// <param name="columns">Its columns.</param>
/// <param name="isUpper">Whether only the upper triangle is summed.</param>
internal sealed class SectionedSum(IBackend backend, int rows, int columns, bool isUpper = false) : IDisposable
{
    private Matrix<double>? total;
    private Matrix<double>? section;

    /// <summary>The sum over the section that is open, to be added to.</summary>
    public Matrix<double> Section => section ??= backend.Allocate<double>(rows, columns);

    /// <summary>The sum over all sections, once the last is closed; it stays this object's.</summary>
    public Matrix<double> Total
    {
        get
        {
            Close();
            return total ??= backend.Allocate<double>(rows, columns);
        }
    }

    /// <summary>Closes the open section, if there is one: what is added from here on belongs to another.</summary>
    public void Close()
    {
        if (total is null)
        {
            (total, section) = (section, null);
        }
        else if (section is not null)
        {
            backend.Combine(1, total, 1, section, total);
            Drop();
        }
    }

    /// <summary>The total, which is the caller's from here on.</summary>
    public Matrix<double> Take()
    {
        Matrix<double> taken = Total;
        total = null;
        return taken;
    }

    /// <summary>The same sum in the memory of a backend.</summary>
    public SectionedSum CopyTo(IBackend other)
        => new(other, rows, columns, isUpper) { total = other.CopyOf(Total, backend) };

    /// <summary>Writes the open section to others, and forgets it.</summary>
    public void Write(Stream stream)
    {
        Section.ForEachPiece(sizeof(double), (first, piece, bytes) =>
        {
            backend.Download(piece, MemoryMarshal.Cast<byte, double>(bytes));
            for (int row = 0; row < piece.Rows; row++)
            {
                stream.Write(Summed(bytes, first, row));
            }
        });
        Drop();
    }

    /// <summary>Reads a section that another has written, and closes it.</summary>
    /// <exception cref="EndOfStreamException">It is cut off.</exception>
    public void Read(Stream stream)
    {
        Section.ForEachPiece(sizeof(double), (first, piece, bytes) =>
        {
            bytes.Clear();
            for (int row = 0; row < piece.Rows; row++)
            {
                stream.ReadExactly(Summed(bytes, first, row));
            }

            backend.Upload<double>(MemoryMarshal.Cast<byte, double>(bytes), piece);
        });
        Close();
    }

    /// <summary>The part of a row of a piece that is summed.</summary>
    private Span<byte> Summed(Span<byte> piece, int first, int row)
    {
        Span<byte> whole = piece.Slice(row * columns * sizeof(double), columns * sizeof(double));
        return isUpper ? whole[((first + row) * sizeof(double))..] : whole;
    }

    private void Drop()
    {
        section?.Dispose();
        section = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        total?.Dispose();
        Drop();
    }
}
