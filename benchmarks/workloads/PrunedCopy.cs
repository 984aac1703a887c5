using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Tables;

namespace SparseLlm.Benchmarks.Workloads;

/// <summary>A pruned model as it is loaded from its files, in a folder that is deleted with it.</summary>
public sealed class PrunedCopy : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("sparsellm-benchmark-").FullName;

    /// <summary>Writes it, and opens it on the same backend.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="layers">What the prune changed.</param>
    /// <param name="tables">Its tables of tokens as codes; null where they stay.</param>
    public PrunedCopy(DecoderModel model, IEnumerable<PrunedLayer> layers, QuantizedTables? tables)
    {
        CompanionFiles.Copy(model.Directory, directory);
        using (var writer = new CheckpointWriter(model.Checkpoint, directory))
        {
            foreach (PrunedTensor tensor in layers.SelectMany(layer => layer.Tensors))
            {
                writer.Write(tensor.Name, tensor.Values);
            }

            foreach (TableRows rows in tables?.Rows(_ => { }, CancellationToken.None) ?? [])
            {
                writer.WriteBytes(rows.Tensor, rows.FirstByte, rows.Bytes);
            }

            writer.Complete();
        }

        Model = DecoderModel.Open(directory, model.Backend);
    }

    /// <summary>The pruned model.</summary>
    public DecoderModel Model { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
