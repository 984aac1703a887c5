using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Inspection;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm diff A B</c>: how two models of one architecture differ, tensor by tensor.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var a = new Argument<string>("a") { Description = "An artifact, any Hugging Face directory, or a GGUF file." };
        var b = new Argument<string>("b") { Description = "What it is compared with." };
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "diff",
            "Compare two models: sparsity, mask overlap and distance of every tensor, and their metrics.") { a, b, json,
            CommandAction.NoProgress() };
        command.SetWork((arguments, cancellation) =>
        {
            ArtifactDiff diff = ArtifactDiff.Of(
                arguments.GetRequiredValue(a),
                arguments.GetRequiredValue(b),
                cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    diff.Architecture,
                    Total = new
                    {
                        diff.Total.SparsityA,
                        diff.Total.SparsityB,
                        diff.Total.MaskOverlap,
                        diff.Total
                        .RelativeDistance
                    },
                    Tensors = diff.Tensors.Select(tensor => new
                    {
                        tensor.Name,
                        tensor.Shape,
                        tensor.Sums.SparsityA,
                        tensor.Sums.SparsityB,
                        tensor.Sums.MaskOverlap,
                        tensor.Sums.RelativeDistance,
                        Differs = tensor.Sums.SquaredDistance != 0,
                    }),
                    diff.OnlyInA,
                    diff.OnlyInB,
                    diff.Perplexity,
                },
                console => Show(diff, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("diff models/opt-125m pruned", "What pruning has changed."),
            new("diff pruned pruned-Q8_0.gguf", "What quantisation has changed."),
            new(
                "diff models/opt-50 models/opt-70 --json",
                "How much the masks of two artifacts have in common, as JSON."),
        ]);
    }

    private static void Show(ArtifactDiff diff, TextOutput console)
    {
        console.WriteTable(["tensor", "shape#?", "sparsity A#", "sparsity B#", "mask overlap#?", "distance#?"],
        [
            .. diff.Tensors
                .Select(tensor => (string[])[tensor.Name, string.Join(" x ", tensor.Shape), .. Columns(tensor.Sums)]),
            ["linear layers of the decoder", "", .. Columns(diff.Total)],
        ]);
        console.WriteLine(Format(
            $"{diff.Tensors.Count(tensor => tensor.Sums.SquaredDistance != 0)} of {diff.Tensors.Count} tensors differ"));
        List("only in A", diff.OnlyInA);
        List("only in B", diff.OnlyInB);
        foreach ((string name, PerplexityPair pair) in diff.Perplexity)
        {
            console.WriteLine($"perplexity on {name}: {Measured(pair.A)} in A, {Measured(pair.B)} in B");
        }

        void List(string title, IReadOnlyList<string> names)
        {
            if (names.Count > 0)
            {
                console.WriteLine($"{title}: {string.Join(", ", names)}");
            }
        }
    }

    private static string Measured(double? perplexity)
        => perplexity is { } value ? Format($"{value:0.000}") : "not measured";

    private static string[] Columns(DiffSums sums) =>
        [Format($"{sums.SparsityA:P2}"), Format($"{sums.SparsityB:P2}"), Format($"{sums.MaskOverlap:0.0000}"), Format(
            $"{sums.RelativeDistance:0.0000}")];

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
