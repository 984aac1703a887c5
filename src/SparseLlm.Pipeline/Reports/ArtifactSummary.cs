using System.Text;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.md</c>: an artifact in a page that a person reads, on a CI job page or in an editor.</summary>
internal static class ArtifactSummary
{
    /// <summary>The page.</summary>
    public static string Format(ArtifactManifest manifest, IReadOnlyList<GateResult> gates)
    {
        var page = new StringBuilder();
        Line($"# {manifest.Artifact ?? "Pruned model"}");
        Line($"");
        Line($"{manifest.Model.Architecture} {Treatment.Of(manifest, manifest.Method)}: "
            + $"{(manifest.IsOnlyQuantized ? Codes() : Zeros())}.");
        AddExperts();
        AddPasses();
        Line($"");
        AddPerplexity();
        Line($"| matrix | shape | asked for | zeros | {RelativeErrors.NameOf(manifest)} |");
        Line($"|---|---:|---:|---:|---:|");
        foreach (TensorReport tensor in manifest.Tensors)
        {
            Line($"| {tensor.Name} | {tensor.Shape[0]} x {tensor.Shape[1]} | {Treatment.AskedFor(manifest, tensor)} | "
                + $"{tensor.Sparsity:0.0000} | {Figures.Error(tensor.RelativeError)} |");
        }

        AddSize();
        AddSpeed();
        AddExports();
        if (manifest.OtherChanges is { Count: > 0 } others)
        {
            Line($"");
            Line($"Changed along with them: {others.Count} other tensors, such as {others[0].Name}; "
                + $"{ArtifactManifest.FileName} lists them.");
        }

        AddFallbacks();
        Line($"");
        Line($"{Treatment.Title(manifest)} in {manifest.Seconds:0.0} s by SparseLlm.Build {manifest.ToolVersion} ({manifest.Numerics}). "
            + $"Charts and provenance: {ArtifactFiles.Report}; the same for programs: {ArtifactManifest.FileName}.");
        return page.ToString();

        void Line(MarkdownInterpolation text) => page.Append(text.ToString()).Append('\n');

        Markdown Zeros() => Markdown.Of($"{Figures.Share(manifest.Sparsity)} of the weights in "
            + $"{manifest.Tensors.Count} matrices are zero{Whole()}");

        Markdown Codes() => Markdown.Of($"the weights in {manifest.Tensors.Count} matrices are codes, and none was "
            + $"pruned; {Figures.Share(manifest.Sparsity)} of the codes are zero");

        Markdown Whole() => manifest.ModelSparsity is { } whole
            ? Markdown.Of($", {Figures.Share(whole)} of the whole model")
            : default;

        void AddExperts()
        {
            if (manifest.ExpertsKept is { } kept)
            {
                Line($"{kept} experts stay in each mixture, and the others have been dropped; "
                    + $"{ArtifactManifest.FileName} lists them.");
            }
        }

        void AddPasses()
        {
            if (manifest.Global is { Epochs.Count: > 0 } global)
            {
                Line($"");
                Line($"All layers were tuned together. {KeptPass.Describe(global)}");
            }
        }

        void AddSize()
        {
            if (manifest.Size is not { Compressed: { } compressed } size)
            {
                return;
            }

            long bytes = size.OnDisk(manifest.Encoding);
            bool isPacked = manifest.Encoding == CheckpointEncoding.Sparse;
            Line($"");
            Line($"The weights take {Figures.Bytes(bytes)} on disk{(isPacked ? ", packed," : "")} and "
                + $"{Figures.Compressed(compressed)} compressed, as in a package "
                + $"({Figures.Change((double)compressed.Bytes / bytes - 1)}).");
            if (size.Packed is { } packed)
            {
                Line($"{(isPacked ? $"Not packed, they would take {Figures.Bytes(size.Pruned)}" : $"Packed, with 'encoding: sparse', they would take {Figures.Bytes(packed.Bytes)}")}.{Bits(packed)}");
                AddLayouts(packed);
            }
        }

        Markdown Bits(PackedSize packed) => packed.HasMatrices
            ? Markdown.Of($" A weight of the {Treatment.Of(manifest)} matrices takes "
                + $"{Figures.Bits(packed.BitsPerWeight)} bits packed, and {Figures.Bits(packed.DenseBitsPerWeight)} "
                + $"otherwise.")
            : default;

        void AddLayouts(PackedSize packed)
        {
            if (packed.Layouts is not { } layouts)
            {
                return;
            }

            Line($"");
            Line($"| layout, packed | tensors | weights | bits a weight |");
            Line($"|---|---:|---:|---:|");
            foreach (LayoutReport layout in layouts)
            {
                Line($"| {layout.Layout} | {layout.Tensors} | {Figures.Count(layout.Weights)} | "
                    + $"{Figures.Bits(layout.BitsPerWeight)} |");
            }
        }

        void AddSpeed()
        {
            if (manifest.Speed is { } speed)
            {
                Line($"");
                Line($"SparseLlm.Runtime generates {Figures.Speed(speed.Pruned)} tokens a second with it as it is "
                    + $"stored, and {Figures.Speed(speed.Dense)} with the dense model ({speed.Threads} threads, "
                    + $"{speed.Instructions}, where it was packed).");
            }
        }

        void AddExports()
        {
            if (manifest.Exports.Count == 0)
            {
                return;
            }

            Line($"");
            Line($"| file | type | on disk |");
            Line($"|---|---|---:|");
            foreach (ExportReport export in manifest.Exports)
            {
                Line($"| {export.File} | {export.Type} | {Figures.Bytes(export.Bytes)} |");
            }

            foreach (ExportNote note in manifest.Exports.SelectMany(export => export.Notes).Distinct())
            {
                Line($"");
                Line($"{note.Code}: {note.Message}");
            }
        }

        void AddPerplexity()
        {
            if (manifest.Perplexity.Count == 0)
            {
                AddGates();
                return;
            }

            Line($"| perplexity | dense | pruned | change | tokens |");
            Line($"|---|---:|---:|---:|---:|");
            foreach ((string name, PerplexityReport report) in manifest.Perplexity)
            {
                Line($"| {name} | {report.Dense:0.000} | {report.Pruned:0.000} | {report.Increase:+0.0 %;-0.0 %} | "
                    + $"{report.Tokens} |");
            }

            Line($"");
            AddGates();
        }

        void AddGates()
        {
            if (gates.Count == 0)
            {
                return;
            }

            Line($"| gate | limit | measured | result |");
            Line($"|---|---|---:|---|");
            foreach (GateResult gate in gates)
            {
                Line($"| {gate.Subject} | {gate.Limit} | {gate.Value} | {gate.Verdict} |");
            }

            Line($"");
        }

        void AddFallbacks()
        {
            if (manifest.Fallbacks.Count == 0)
            {
                return;
            }

            Line($"");
            Line($"Numerical fallbacks:");
            Line($"");
            foreach (string fallback in manifest.Fallbacks)
            {
                Line($"- {fallback}");
            }
        }
    }
}
