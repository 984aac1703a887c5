using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes;

/// <summary>One pruned model to make.</summary>
/// <param name="Name">Its name; the folder it is written to.</param>
/// <param name="Pattern">How sparse, where no rule says otherwise.</param>
/// <param name="Settings">The method and its settings, preset and defaults applied.</param>
/// <param name="Rules">Exceptions by tensor name; the first match wins.</param>
/// <param name="Gates">What must hold of the result.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record ArtifactRecipe(
    string Name,
    SparsityPattern Pattern,
    PruningSettings Settings,
    IReadOnlyList<SparsityRule> Rules,
    IReadOnlyList<GateRecipe> Gates,
    SourceLocation Location)
{
    /// <summary>How the weights of the directory are stored.</summary>
    public CheckpointEncoding Encoding { get; init; }

    /// <summary>The GGUF files to write beside the directory, by how they store matrices: null as the checkpoint does.
    /// None where there are to be none.</summary>
    public IReadOnlyList<GgufElementType?> Gguf { get; init; } = [];
}
