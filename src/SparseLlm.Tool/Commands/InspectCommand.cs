using System.CommandLine;
using System.Globalization;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Inspection;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm inspect MODEL</c>: the tensors of a model, how sparse they are and in which
/// pattern, and how they are stored.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "A Hugging Face directory, dense or pruned, or hf://owner/name, or a GGUF file."
        };
        var sources = new SourceOptions();
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "inspect",
            "List the tensors of a model, with their sparsity, pattern, layout and bits.")
        {
            model,
            json
        };
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            var terminal = new Terminal(arguments.GetValue(json));
            string named = sources.Model(arguments, arguments.GetRequiredValue(model), cancellation);
            if (GgufFile.IsMeantBy(named))
            {
                GgufText.Show(GgufInspection.Of(named, cancellation), terminal);
                return ExitCodes.Done;
            }

            ModelInspection inspection = ModelInspection.Of(named, cancellation);
            terminal.Result(
                new
                {
                    FormatVersion = 1,
                    inspection.Architecture,
                    inspection.Sparsity,
                    inspection.Bytes,
                    inspection.DenseBytes,
                    Layouts = LayoutText.Record(inspection.Layouts),
                    inspection.Tensors,
                },
                console => Show(inspection, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("inspect models/opt-125m", "Its tensors."),
            new("inspect pruned-Q8_0.gguf", "What a GGUF file says of its model, and its tensors."),
            new("inspect pruned --json", "How sparse a pruned model is, as JSON."),
        ]);
    }

    private static void Show(ModelInspection inspection, TextOutput console)
    {
        console.WriteLine(FormattableString.Invariant(
            $"{inspection.Architecture}: {inspection.Sparsity:P2} of the weights of its linear layers are zero"));
        bool isPacked = inspection.Layouts.Any(layout => layout.Layout != LayoutSize.Dense);
        if (inspection.Tensors.Any(tensor => tensor.Bits is not null))
        {
            console.WriteLine($"quantised: {Codes(inspection.Tensors)}"
                + (isPacked ? "" : ", not packed, so files hold them in full"));
        }

        if (isPacked)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"packed: {inspection.Bytes / 1e6:0.00} MB, {(double)inspection.Bytes / inspection.DenseBytes:P1} of "
                + $"the {inspection.DenseBytes / 1e6:0.00} MB that it takes unpacked"));
            LayoutText.Show(inspection.Layouts, console);
        }

        string[] columns = ["tensor", "type?", "shape#?", "sparsity#", "pattern", "layout?", "bits?"];
        console.WriteTable(columns, inspection.Tensors
            .Select(tensor => (string[])
                [
                    tensor.Name,
                    tensor.Dtype,
                    string.Join(" x ", tensor.Shape),
                    tensor.Sparsity.ToString("P2", CultureInfo.InvariantCulture),
                    tensor.Pattern ?? "",
                    tensor.Layout == LayoutSize.Dense ? "" : tensor.Layout,
                    tensor.Bits?.ToString(CultureInfo.InvariantCulture) ?? "",
                ]));
    }

    /// <summary>How many tensors are codes of which bits and groups.</summary>
    private static string Codes(IEnumerable<TensorInspection> tensors) => string.Join(
        "; ",
        tensors.Where(tensor => tensor.Bits is not null)
            .GroupBy(tensor => (tensor.Bits, tensor.Group))
            .Select(codes => string.Create(
                CultureInfo.InvariantCulture,
                $"{codes.Key.Bits} bits in groups of {codes.Key.Group} ({codes.Count()} "
                + $"tensor{(codes.Count() == 1 ? "" : "s")})")));
}
