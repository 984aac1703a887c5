using System.Globalization;
using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Finds what has changed between the inputs of two builds of an artifact.</summary>
internal static class InputComparison
{
    /// <summary>Every difference that changes the artifact's key, those that touch the most layers first.</summary>
    /// <param name="before">The inputs then.</param>
    /// <param name="after">The inputs now.</param>
    /// <param name="artifact">The artifact's recipe now, whose rules are named as causes; null where there is
    /// none.</param>
    public static IReadOnlyList<InputChange> Compare(
        ArtifactInputs before,
        ArtifactInputs after,
        ArtifactRecipe? artifact = null)
    {
        var changes = new List<InputChange>();
        if (before.Revision != after.Revision)
        {
            changes.Add(new InputChange(
                "the tool's algorithms", Invariant($"revision {before.Revision}"), Invariant(
                    $"revision {after.Revision}"), null, 0));
        }

        if (before.Numerics != after.Numerics)
        {
            changes.Add(new InputChange("numerics", before.Numerics, after.Numerics, null, 0));
        }

        changes.AddRange(Named("setting ", before.Settings, after.Settings));
        changes.AddRange(GlobalChanges(before, after));
        changes.AddRange(CalibrationChanges(before.Calibration, after.Calibration));
        changes.AddRange(ModelChanges(before, after));
        changes.AddRange(SourceChanges(before, after));
        changes.AddRange(PatternChanges(before, after, artifact));
        return [.. changes.OrderBy(change => change.FirstLayer)];
    }

    /// <summary>What has changed of how weights are stored, which no layer is pruned for.</summary>
    /// <param name="before">The encoding then.</param>
    /// <param name="after">The encoding now.</param>
    /// <param name="inputs">What decides the bits of the artifact.</param>
    public static IEnumerable<InputChange> OfEncoding(
        CheckpointEncoding before,
        CheckpointEncoding after,
        ArtifactInputs inputs) =>
        before == after ? [] : [new InputChange("encoding", before.Name(), after.Name(), null, inputs.Layers.Count)];

    /// <summary>What has changed of the GGUF files that are asked for, which no layer is pruned for.</summary>
    /// <param name="before">Their types then.</param>
    /// <param name="after">Their types now.</param>
    /// <param name="inputs">What decides the bits of the artifact.</param>
    public static IEnumerable<InputChange> OfExports(
        IEnumerable<string> before,
        IEnumerable<string> after,
        ArtifactInputs inputs)
    {
        (string? was, string? now) = (List(before), List(after));
        return was == now ? [] : [new InputChange("GGUF files", was, now, null, inputs.Layers.Count)];

        static string? List(IEnumerable<string> types)
            => string.Join(", ", types.Order(StringComparer.Ordinal)) is { Length: > 0 } list ? list : null;
    }

    /// <summary>Of the passes over all layers, which no layer is pruned for.</summary>
    private static IEnumerable<InputChange> GlobalChanges(ArtifactInputs before, ArtifactInputs after)
    {
        var none = new Dictionary<string, string>();
        return Named("setting ", before.Global ?? none, after.Global ?? none).Select(change => change with
        {
            FirstLayer = after.Layers.Count,
        });
    }

    private static IEnumerable<InputChange> CalibrationChanges(
        IReadOnlyDictionary<string, string>? before, IReadOnlyDictionary<string, string>? after)
    {
        var none = new Dictionary<string, string>();
        return (before is null) != (after is null)
            ? [new InputChange(
                "calibration",
                before is null ? "none" : "some",
                after is null ? "none" : "some",
                null,
                0)]
            : Named("calibration ", before ?? none, after ?? none);
    }

    private static IEnumerable<InputChange> ModelChanges(ArtifactInputs before, ArtifactInputs after)
    {
        foreach (InputChange change in Named("model file ", before.Model, after.Model))
        {
            yield return change;
        }

        if (before.Embedding != after.Embedding)
        {
            yield return new InputChange("the dense model's embedding", null, null, null, 0);
        }

        if (before.Head != after.Head)
        {
            yield return new InputChange(
                "the dense model's head",
                null,
                null,
                null,
                Math.Max(0, after.Layers.Count - 1));
        }

        if (before.Layers.Count != after.Layers.Count)
        {
            yield return new InputChange(
                "decoder layers",
                Invariant($"{before.Layers.Count}"),
                Invariant($"{after.Layers.Count}"),
                null,
                0);
            yield break;
        }

        int[] changed = [.. Enumerable.Range(0, after.Layers.Count)
            .Where(index => before.Layers[index].Weights != after.Layers[index].Weights)];
        if (changed.Length > 0)
        {
            yield return new InputChange(
                $"{LayerRanges.Describe(changed)}: dense weights",
                null,
                null,
                null,
                changed[0]);
        }
    }

    private static IEnumerable<InputChange> SourceChanges(ArtifactInputs before, ArtifactInputs after)
    {
        var none = new Dictionary<string, string>();
        (IReadOnlyDictionary<string, string> was, IReadOnlyDictionary<string, string> now) = (before.Sources
            ?? none, after.Sources ?? none);
        foreach (string address in was.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            (string? from, string? to) = (was.GetValueOrDefault(address), now.GetValueOrDefault(address));
            if (from != to)
            {
                yield return new InputChange(from is null || to is null ? address
                    : $"{address}: the hub's {HubAddress.TryParse(address, out _)?.Revision} moved:",
                        from is null ? null : HubAddress.Short(from), to is null ? null : HubAddress.Short(to), null,
                        after.Layers.Count);
            }
        }
    }

    private static IEnumerable<InputChange> PatternChanges(
        ArtifactInputs before,
        ArtifactInputs after,
        ArtifactRecipe? artifact)
    {
        var changed =
            from layer in Enumerable.Range(0, Math.Min(before.Layers.Count, after.Layers.Count))
            from tensor in after.Layers[layer].Patterns
            let was = before.Layers[layer].Patterns.GetValueOrDefault(tensor.Key)
            where was != tensor.Value
            group (Layer: layer, Tensor: tensor.Key) by (Before: was, After: tensor
                .Value, Cause: Cause(artifact, tensor.Key));
        foreach (var group in changed)
        {
            int[] layers = [.. group.Select(tensor => tensor.Layer).Distinct()];
            bool isWhole = group.Count() == layers.Sum(layer => after.Layers[layer].Patterns.Count);
            string tensors = isWhole
                ? ""
                : " " + string.Join(", ", group.Select(tensor => ShortName(tensor.Tensor)).Distinct());
            yield return new InputChange(
                $"{LayerRanges.Describe(layers)}{tensors}: sparsity", group.Key.Before, group.Key.After,
                    group.Key.Cause, layers[0]);
        }
    }

    /// <summary><c>q_proj</c> of <c>model.decoder.layers.3.self_attn.q_proj.weight</c>.</summary>
    private static string ShortName(string tensor) => MatrixName.Parse(tensor)?.Kind ?? tensor;

    private static string? Cause(ArtifactRecipe? artifact, string tensor)
    {
        foreach ((int index, SparsityRule rule) in (artifact?.Rules ?? []).Index())
        {
            if (rule.Location is { } place && rule.Matches(tensor))
            {
                return Invariant($"rule {index + 1} ({Path.GetFileName(place.File)} line {place.Line})");
            }
        }

        return null;
    }

    private static IEnumerable<InputChange> Named(
        string prefix, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        from name in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
        let was = before.GetValueOrDefault(name)
        let now = after.GetValueOrDefault(name)
        where was != now
        select IsDigest(was) && IsDigest(now)
            ? new InputChange(prefix + name, null, null, null, 0)
            : new InputChange(prefix + name, IsDigest(was) ? "a file" : was, IsDigest(now) ? "a file" : now, null, 0);

    private static bool IsDigest(string? value) => value is { Length: 64 } && value.All(char.IsAsciiHexDigitLower);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
