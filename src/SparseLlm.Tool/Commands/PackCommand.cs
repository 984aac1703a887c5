using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm pack MODEL -o OUT</c>: a pruned model without its zeros.</summary>
internal static class PackCommand
{
    public static Command Create() => PackingAction.Create(
        "pack", "packed", "Store a pruned model without its zeros: smaller, and the same to the bit once unpacked.", packing => packing.Pack()).WithExamples(
    [
        new("pack pruned -o packed", "Pack a pruned model, to ship it."),
        new("pack pruned -o packed --json", "What that saves, as JSON."),
    ]);
}
