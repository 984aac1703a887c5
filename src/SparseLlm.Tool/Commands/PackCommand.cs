using System.CommandLine;
using SparseLlm.Pipeline.Packing;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm pack MODEL -o OUT</c>: a pruned model without its zeros.</summary>
internal static class PackCommand
{
    public static Command Create() => PackingAction.Create(
        "pack", "packed", "Store a pruned model without its zeros: smaller, and the same to the bit once unpacked.",
        packing => packing.Pack(), Remark).WithExamples(
            [
            new("pack pruned -o packed", "Pack a pruned model, to ship it."),
            new("pack pruned -o packed --json", "What that saves, as JSON."),
            ]);

    private static string? Remark(PackingResult result) => result.BytesAfter < result.BytesBefore ? null
        : "nothing was made smaller: the model has too few zeros; the dense model can be used as it is, and the packed "
            + "one is of no use";
}
