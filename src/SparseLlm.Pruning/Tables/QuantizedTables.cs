using System.Globalization;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Tables;

/// <summary>
/// A model's tables of tokens as codes: that of the embedding, and that of the head where that is another one. Rows are
/// quantised each by itself, whenever they are read, so no table has to be kept. Where the head's has few bits, errors
/// count by what runs into it.
/// </summary>
public sealed class QuantizedTables
{
    private const int BytesAtOnce = 1 << 25;

    private readonly DecoderModel model;
    private readonly Quantization codes;
    private readonly CalibrationTokens tokens;
    private readonly TableRounding rounding;
    private float[]? headInputs;

    private QuantizedTables(DecoderModel model, Quantization codes, CalibrationTokens tokens)
    {
        (this.model, this.codes, this.tokens) = (model, codes, tokens);
        rounding = new TableRounding(model.Backend, codes);
        Model = model.With(Loader());
    }

    /// <summary>The dense model with these tables in the place of its own; not to be disposed.</summary>
    internal DecoderModel Model { get; }

    private ModelDefinition Definition => model.Definition;

    /// <summary>The tables of a dense model; null where the settings leave them as they are.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="settings">The settings of its prune.</param>
    /// <param name="tokens">The calibration windows of its prune; null only for methods that look at none.</param>
    public static QuantizedTables? Of(DecoderModel model, PruningSettings settings, CalibrationTokens? tokens)
        => settings.Quantization?.OfEmbeddings is { } codes ? new QuantizedTables(model, codes, tokens!) : null;

    /// <summary>Takes calibration windows through the dense model, where that is needed, which is done once.</summary>
    internal void Prepare(CancellationToken cancellation)
    {
        if (codes.IsWeighed)
        {
            headInputs ??= HeadInputs.Gram(model, tokens, cancellation);
        }
    }

    /// <summary>All rows, some of them at a time.</summary>
    /// <param name="report">Told of what could not be kept.</param>
    /// <param name="cancellation">Stops in between.</param>
    public IEnumerable<TableRows> Rows(Action<string> report, CancellationToken cancellation)
    {
        Prepare(cancellation);
        foreach (TensorShape table in (TensorShape[])[Definition.Embedding.Tokens, .. IsTied
            ? (TensorShape[])[]
            : [Definition.Head.Tokens]])
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

    private bool IsTied => Definition.Embedding.Tokens.Name == Definition.Head.Tokens.Name;

    private TableLoader Loader() => new(model.Checkpoint, model.Backend, Round);

    private long Round(Matrix<float> rows, TensorShape tensor)
    {
        if (tensor.Name == Definition.Head.Tokens.Name)
        {
            Prepare(CancellationToken.None);
            return rounding.Round(rows, headInputs);
        }

        return tensor.Name == Definition.Embedding.Tokens.Name ? rounding.Round(rows) : 0;
    }
}
