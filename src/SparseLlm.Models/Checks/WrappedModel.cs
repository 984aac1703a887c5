using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Checks;

/// <summary>Recognises a model that was saved with something around it, by what that puts into the names of the
/// tensors.</summary>
internal static class WrappedModel
{
    // The first that fits: an adapter may have been trained on several devices.
    private static readonly (string Mark, string Remedy)[] Wrappers =
    [
        (".lora_A.", "an adapter (PEFT); merge it with merge_and_unload and save the result"),
        (".base_layer.", "an adapter (PEFT); merge it with merge_and_unload and save the result"),
        ("base_model.model.", "an adapter (PEFT); merge it with merge_and_unload and save the result"),
        ("_orig_mod.", "torch.compile; save the model that was compiled"),
        ("module.", "DistributedDataParallel or DeepSpeed; save the module inside"),
    ];

    /// <summary>The wrapper that the names of the tensors show; null if they show none.</summary>
    /// <param name="missing">Names that the model needs and does not have.</param>
    /// <param name="unexplained">Tensors that the model has and does not need.</param>
    /// <param name="checkpoint">Where they are.</param>
    public static Diagnostic? Find(
        IReadOnlyList<string> missing,
        IReadOnlyList<TensorInfo> unexplained,
        Checkpoint checkpoint)
    {
        foreach ((string mark, string remedy) in Wrappers)
        {
            if (unexplained.FirstOrDefault(tensor => Holds(tensor.Name, mark)) is { } tensor)
            {
                return At(tensor, $"'{mark.Trim('.')}' in the name of tensor '{tensor.Name}' comes from {remedy}");
            }
        }

        HashSet<string> needed = [.. missing];
        TensorInfo? inside = unexplained.FirstOrDefault(tensor => EndIn(needed, tensor.Name) is not null);
        return inside is null
            ? null
            : At(inside, $"tensor '{inside.Name}' is '{EndIn(needed, inside.Name)}' inside another model; save the "
                + $"language model by itself");

        Diagnostic At(TensorInfo tensor, string problem) =>
            ModelDiagnostics.WrappedModel.At(new SourceLocation(checkpoint.PathOf(tensor)), problem);
    }

    /// <summary>The longest part of a name behind a dot that is one of the given names.</summary>
    private static string? EndIn(HashSet<string> names, string name)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> ends = names.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (ends.TryGetValue(name.AsSpan(dot + 1), out string? end))
            {
                return end;
            }
        }

        return null;
    }

    private static bool Holds(string name, string mark) =>
        name.StartsWith(mark, StringComparison.Ordinal)
            || name.Contains(mark[0] == '.' ? mark : "." + mark, StringComparison.Ordinal);
}
