using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm unpack MODEL -o OUT</c>: a packed model as any loader reads it.</summary>
internal static class UnpackCommand
{
    public static Command Create() => PackingAction.Create(
        "unpack", "unpacked", "Give back the files that a model was packed from, byte by byte.", packing => packing
            .Unpack()).WithExamples([new("unpack packed -o pruned", "What other programs load."),]);
}
