using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>What the model takes, and what it took to make it.</summary>
internal static class CostSection
{
    private static readonly Table Costs = new("Size, time and memory", "What", "Value#", "Meaning~");

    /// <summary>The section.</summary>
    public static Section Of(ArtifactManifest manifest)
        => new("cost", "Size, time and memory", Costs.With(Rows(manifest)));

    private static IEnumerable<Html[]> Rows(ArtifactManifest manifest)
    {
        if (manifest.Size is { } size)
        {
            bool isPacked = manifest.Encoding == CheckpointEncoding.Sparse;
            yield return ["Dense model", Figures.Bytes(size.Dense), "its files with weights on disk"];
            yield return [Html.Of($"{Treatment.Title(manifest)} model"), Figures.Bytes(size.Pruned),
            $"its safetensors files {(isPacked ? "where they are not packed" : "on disk")}, "
                    + $"{Figures.Change((double)size.Pruned / size.Dense - 1)}"];
            if (size.Packed is { } packed)
            {
                yield return
                [
                    "Packed", Figures.Bytes(packed.Bytes),
                    $"its safetensors files "
                    + $"{(isPacked ? "on disk, which are packed" : "where they are packed, as 'encoding: sparse' does")}, {Figures.Change((double)packed.Bytes / size.Dense - 1)}",
                ];
            }

            if (size.Packed is { HasMatrices: true } matrices)
            {
                yield return ["Bits per weight", Figures.Bits(matrices.BitsPerWeight),
                    $"of the {Treatment.Of(manifest)} matrices, packed; "
                    + $"{Figures.Bits(matrices.DenseBitsPerWeight)} where they are not"];
            }

            foreach (LayoutReport layout in size.Packed?.Layouts ?? [])
            {
                yield return [Html.Of($"Layout {layout.Layout}"), Figures.Bits(layout.BitsPerWeight), Html.Of(
                    $"bits a weight, packed: {layout.Tensors} tensors, {Figures.Count(layout.Weights)} weights")];
            }

            if (size.Compressed is { } compressed)
            {
                string sample = compressed.Sample < 1
                    ? $"; estimated from {Figures.Share(compressed.Sample)} of them"
                    : "";
                yield return
                [
                    "Compressed", Figures.Compressed(compressed),
                    $"its weights as a package or an image layer takes them, deflated, "
                    + $"{Figures.Change((double)compressed.Bytes / size.OnDisk(manifest.Encoding) - 1)}{sample}",
                ];
            }
        }

        if (manifest.Speed is { } speed)
        {
            yield return ["Tokens a second, dense", Figures.Speed(speed.Dense),
            Html.Of($"generated one by one by SparseLlm.Runtime with the dense model, where this was "
                    + $"packed: {speed.Threads} threads, {speed.Instructions}")];
            yield return ["Tokens a second, packed", Figures.Speed(speed.Pruned),
            $"with this one as it is stored, {Figures.Change(speed.Pruned / speed.Dense - 1)}"];
        }

        foreach (ExportReport export in manifest.Exports)
        {
            string parts = export.Files.Count == 1 ? "" : $", in {export.Files.Count} parts";
            yield return [export.File, Figures.Bytes(export.Bytes), Html.Of($"as {export.Format}, matrices stored as "
                    + $"{export.Type}{parts}{(manifest.Size is { } pruned ? $", {Figures.Change((double)export.Bytes / pruned.OnDisk(manifest.Encoding) - 1)} from the safetensors files" : "")}")];
        }

        if (manifest.IsOnlyQuantized)
        {
            yield return ["Zero codes", Figures.Share(manifest.Sparsity),
                "in the quantised matrices; nothing was pruned"];
        }
        else
        {
            foreach (Html[] row in Zeros(manifest))
            {
                yield return row;
            }
        }

        yield return ["Time", Figures.Time(
            manifest.Seconds), "spent on making it; layers that came from the cache took next to none"];
        if (manifest.PeakMemory is { } memory)
        {
            yield return ["Peak memory", Figures.Bytes(memory), "of the process, up to the end of pruning"];
        }

        if (manifest.SpilledBytes > 0)
        {
            yield return ["Spilled", Figures.Bytes(manifest.SpilledBytes),
                "of activations written to a temporary file, for want of memory (engine: memory)"];
        }
    }

    private static IEnumerable<Html[]> Zeros(ArtifactManifest manifest)
    {
        long weights = manifest.Tensors.Sum(tensor => (long)tensor.Shape[0] * tensor.Shape[1]);
        long kept = (long)Math.Round(
            manifest.Tensors.Sum(tensor => (1 - tensor.Sparsity) * tensor.Shape[0] * tensor.Shape[1]));
        yield return ["Weights kept", Figures.Count(kept), Html.Of(
            $"of {Figures.Count(weights)} in the pruned matrices")];
        if (manifest.ModelSparsity is { } whole)
        {
            yield return ["Zeros of the matrices", Figures.Share(manifest.Sparsity), "in what was pruned"];
            yield return ["Zeros of the model", Figures.Share(whole),
            "in all of its weights: embedding, head, norms and biases count too"];
        }
    }
}
