using System.Runtime.InteropServices;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Threading;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Weights;

/// <summary>
/// Loads layers whose matrices stay as they are stored, in mapped files. Only a matrix that is stored transposed is
/// turned, once, in memory. Biases and gains are floats.
/// </summary>
/// <param name="checkpoint">The checkpoint.</param>
/// <param name="backend">Where activations are.</param>
/// <param name="files">The checkpoint's mapped files, which are disposed with this.</param>
internal class StoredWeightLoader(Checkpoint checkpoint, CpuBackend backend, MappedFiles files) :
    WeightLoader(checkpoint, backend),
    IDisposable
{
    private readonly VectorProducts products = new(backend);
    private readonly InstructionSet instructions = InstructionSets.Best;
    private readonly Dictionary<string, StoredMatrix> tensors = [];
    private readonly Dictionary<TensorSlice, StoredWeights> factors = [];

    /// <summary>Where activations are.</summary>
    protected CpuBackend Backend { get; } = backend;

    /// <summary>Bytes of the matrices that have been loaded.</summary>
    public long Bytes => factors.Values.Sum(factor => factor.Bytes);

    /// <summary>Bytes of the experts that a token does not go through.</summary>
    public long IdleBytes(ExpertsDefinition experts) =>
        experts.Experts.SelectMany(expert => expert.Linears).Sum(linear => factors[linear.Weight].Bytes)
            / experts.Experts.Count * (experts.Experts.Count - experts.ExpertsPerToken);

    /// <summary>Looks at all matrices of a layer, experts too, so that what is wrong with one shows before anything is
    /// generated.</summary>
    public void Prepare(LayerDefinition layer)
    {
        foreach (LinearDefinition linear in layer.Linears)
        {
            LoadFactor(linear.Weight);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        files.Dispose();
        products.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>The same slice is loaded once: experts are loaded for each token that goes through them.</remarks>
    protected override Matrix<float> LoadFactor(TensorSlice slice)
    {
        if (!factors.TryGetValue(slice, out StoredWeights? factor))
        {
            factors.Add(slice, factor = new StoredWeights(Factor(slice), products));
        }

        return factor;
    }

    private WeightMatrix Factor(TensorSlice slice)
    {
        if (slice.IsTransposed)
        {
            return Turned(slice);
        }

        StoredMatrix tensor = Tensor(Checkpoint[slice.Tensor.Name]);
        long plane = (long)slice.Plane * slice.Tensor.Rows;
        StridedRange rows = slice.Outputs ?? StridedRange.Consecutive(0, slice.Tensor.Rows);
        WeightMatrix[] runs = [.. Enumerable.Range(0, rows.Runs)
            .Select(run => tensor.Slice(plane + rows[run * rows.Run], rows.Run))];
        return runs.Length == 1 ? runs[0] : new StackedMatrix(runs);
    }

    private StoredMatrix Tensor(TensorInfo tensor)
    {
        if (tensors.TryGetValue(tensor.Name, out StoredMatrix? known))
        {
            return known;
        }

        StoredMatrix matrix = Open(tensor);
        if (FirstWrongRow(matrix) is long row)
        {
            // Decoding the row says what is wrong with it.
            tensor.Packed!.RequireRow(Read, row);
            throw tensor.Packed.Malformed(FormattableString.Invariant($"row {row} has changed while it was read"));
        }

        tensors.Add(tensor.Name, matrix);
        return matrix;
    }

    private StoredMatrix Open(TensorInfo tensor)
    {
        if (tensor.Packed is not { } packed)
        {
            return MatrixShape.TryOf(tensor, out MatrixShape shape)
                ? StoredMatrix.Dense(shape, files.Bytes(tensor, 0), instructions)
                : throw ModelDiagnostics.UnsupportedElementType.Error(
                    new SourceLocation(Checkpoint.PathOf(tensor)),
                    Checkpoint.UnsupportedElementTypeMessage(tensor));
        }

        packed.RequireStarts(Read);
        packed.RequireScales(Read);
        return packed.Encoding.Codes is { } format ? OpenCodes(packed, format) : OpenValues(packed);
    }

    private StoredMatrix OpenCodes(PackedTensor packed, CodeFormat format)
    {
        bool isSparse = packed.Has(StoredPart.Mask);
        return StoredMatrix.Codes(
            packed.Matrix,
            format,
            files.Bytes(packed.Part(StoredPart.Codes), StoredMatrix.BehindValues),
            files.Bytes(packed.Part(StoredPart.Scales), StoredMatrix.BehindScales),
            isSparse ? files.Bytes(packed.Part(StoredPart.Mask), StoredMatrix.BehindMask) : null,
            isSparse ? files.Bytes(packed.Part(StoredPart.RowOffsets), 0) : null,
            instructions);
    }

    private StoredMatrix OpenValues(PackedTensor packed)
    {
        StoredBytes values = files.Bytes(packed.Part(StoredPart.Values), StoredMatrix.BehindValues);
        StoredBytes mask = files.Bytes(packed.Part(StoredPart.Mask), StoredMatrix.BehindMask);
        return packed.Encoding is GroupEncoding groups
            ? StoredMatrix.Groups(packed.Matrix, groups.Pattern, values, mask, instructions)
            : StoredMatrix.Bitmask(
                packed.Matrix,
                values,
                mask,
                files.Bytes(packed.Part(StoredPart.RowOffsets), 0),
                instructions);
    }

    private unsafe void Read(TensorInfo part, long firstByte, Span<byte> destination) =>
        new ReadOnlySpan<byte>(files.Bytes(part, behind: 0).Address + firstByte, destination.Length).CopyTo(
            destination);

    /// <summary>Products trust masks, so each is looked at once.</summary>
    private long? FirstWrongRow(StoredMatrix matrix)
    {
        long? wrong = null;
        var gate = new Lock();
        Backend.Team.RunChunks((nint)matrix.Rows, WorkerTeam.RowsPerChunk(matrix.Columns / 8), (first, count) =>
        {
            if (matrix.FirstWrongRow(first, first + count) is long row)
            {
                lock (gate)
                {
                    wrong = Math.Min(wrong ?? row, row);
                }
            }
        });
        return wrong;
    }

    private unsafe StoredMatrix Turned(TensorSlice slice)
    {
        TensorInfo tensor = Checkpoint[slice.Tensor.Name];
        int size = tensor.ElementType.Size();
        byte[] plane = new byte[checked((int)(slice.Tensor.PlaneLength * size))];
        Checkpoint.ReadBytes(tensor, slice.Plane * slice.Tensor.PlaneLength * size, plane);
        long length = (long)slice.Rows * slice.Columns * size;
        byte* turned = files.Allocate(length);
        if (size == sizeof(ushort))
        {
            slice.Gather(MemoryMarshal.Cast<byte, ushort>(plane), new Span<ushort>(turned, slice.Rows * slice.Columns));
        }
        else
        {
            slice.Gather(MemoryMarshal.Cast<byte, float>(plane), new Span<float>(turned, slice.Rows * slice.Columns));
        }

        return StoredMatrix.Dense(
            new MatrixShape(tensor.ElementType, slice.Rows, slice.Columns),
            new StoredBytes(turned, length, length),
            instructions);
    }
}
