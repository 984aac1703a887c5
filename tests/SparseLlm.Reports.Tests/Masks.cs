using System.Buffers.Binary;
using System.IO.Compression;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Masks;

namespace SparseLlm.Reports.Tests;

/// <summary>Mask densities, and their pictures.</summary>
public sealed class Masks : IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact]
    public void Densities_are_the_shares_of_weights_that_are_not_zero()
    {
        const string name = "model.layers.0.mlp.up_proj.weight";
        using (var dense = Checkpoint.Open(Repository.Model("tiny-llama")))
        {
            TensorInfo tensor = dense[name];
            (int rows, int columns) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
            var values = new float[rows * columns];
            Array.Fill(values, 1);
            values.AsSpan(0, values.Length / 2).Clear();
            for (int row = rows / 2; row < rows; row++)
            {
                values.AsSpan(row * columns, columns / 4).Clear();
            }

            using var writer = new CheckpointWriter(dense, directory.Path);
            writer.Write(name, values);
            writer.Complete();
        }

        TensorReport report = MaskDensities.Measure(
            directory.Path,
            DecoderModel.ReadDefinition(Repository.Model("tiny-llama")),
            [new TensorReport(name, [1, 1], "0.5", 0.5, null)]).Single();
        MaskDensity mask = report.Mask!;
        mask.Cells.Length.ShouldBe(mask.Rows * mask.Columns);
        for (int row = 0; row < mask.Rows; row++)
        {
            for (int column = 0; column < mask.Columns; column++)
            {
                bool isKept = row >= mask.Rows / 2 && column >= mask.Columns / 4;
                mask.Cells[row * mask.Columns + column].ShouldBe(isKept ? byte.MaxValue : (byte)0, $"{row},{column}");
            }
        }
    }

    [Fact]
    public void What_is_no_matrix_of_the_model_has_no_density() =>
        MaskDensities.Measure(
            Repository.Model("tiny-llama"),
            DecoderModel.ReadDefinition(Repository.Model("tiny-llama")),
            [new TensorReport("no.such.weight", [1, 1], "0.5", 0.5, null)]).Single().Mask.ShouldBeNull();

    [Theory]
    [InlineData(1)]
    [InlineData(224)]
    [InlineData(5000)]
    public void Grids_are_coarser_where_there_are_more_matrices(int matrices)
    {
        int side = MaskDensity.SideFor(matrices);
        side.ShouldBeInRange(8, 64);
        (matrices <= 64 || side == 8 || side * side * matrices <= 1 << 18).ShouldBeTrue();
    }

    [Fact]
    public void Pictures_are_png_files_with_the_points_they_were_made_of()
    {
        byte[] points = [0, 1, 15, 7, 8, 3];
        byte[] file = Png.Encode(3, 2, points, new byte[48]);
        file[..8].ShouldBe([137, 80, 78, 71, 13, 10, 26, 10]);
        BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16)).ShouldBe(3);
        BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20)).ShouldBe(2);
        int data = file.AsSpan().IndexOf("IDAT"u8);
        using var stream = new ZLibStream(
            new MemoryStream(file, data + 4, BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(data - 4))),
            CompressionMode.Decompress);
        using var lines = new MemoryStream();
        stream.CopyTo(lines);
        lines.ToArray().ShouldBe([0, 0x01, 0xF0, 0, 0x78, 0x30]);
        file[^12..].ShouldBe([0, 0, 0, 0, 73, 69, 78, 68, 0xAE, 0x42, 0x60, 0x82]);
    }

    public void Dispose() => directory.Dispose();
}
