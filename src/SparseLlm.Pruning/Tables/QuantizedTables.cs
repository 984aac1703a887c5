using System.Globalization;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Tables;

/// <summary>
/// A model's tables of tokens as codes: that of the embedding, and that of the head where it is another one. Rows are
/// quantised each by itself, whenever they are read, so no table has to be kept.
/// </summary>
public sealed class QuantizedTables
{
    private const int BytesAtOnce = 1 << 25;

    private readonly DecoderModel model;
    private readonly TensorShape[] tables;
    private readonly TableRounding rounding;

    private QuantizedTables(DecoderModel model, Quantization codes)
    {
        this.model = model;
        tables = [.. ((TensorShape[])[model.Definition.Embedding.Tokens, model.Definition.Head.Tokens])
            .DistinctBy(table => table.Name)];
        rounding = new TableRounding(model.Backend, codes);
        Model = model.With(Loader());
    }

    /// <summary>The dense model with these tables in the place of its own; not to be disposed.</summary>
    internal DecoderModel Model { get; }

    /// <summary>The tables of a dense model; null where the settings leave them as they are.</summary>
    public static QuantizedTables? Of(DecoderModel model, PruningSettings settings)
        => settings.Quantization?.OfEmbeddings is { } codes ? new QuantizedTables(model, codes) : null;

    /// <summary>All rows, some of them at a time.</summary>
    /// <param name="report">Told of what could not be kept.</param>
    /// <param name="cancellation">Stops in between.</param>
    public IEnumerable<TableRows> Rows(Action<string> report, CancellationToken cancellation)
    {
        foreach (TensorShape table in tables)
        {
            TableLoader loader = Loader();
            NumberFormat format = model.Checkpoint[table.Name].ElementType.Format();
            int rowBytes = table.Columns * format.Size();
            int atOnce = Math.Max(1, BytesAtOnce / rowBytes);
            for (int start = 0; start < table.Rows; start += atOnce)
            {
                cancellation.ThrowIfCancellationRequested();
                using Matrix<float> rows = loader.LoadRows(
                    table,
                    [.. Enumerable.Range(start, Math.Min(atOnce, table.Rows - start))]);
                byte[] bytes = new byte[rows.Rows * rowBytes];
                model.Backend.Download(rows, format, bytes);
                yield return new TableRows(table.Name, (long)start * rowBytes, bytes);
            }

            if (loader.CutGroups > 0)
            {
                report(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{table.Name}: {loader.CutGroups} {Quantizer.CutWeights}"));
            }
        }
    }

    private TableLoader Loader() => new(model.Checkpoint, model.Backend, tables, rounding);
}
