using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Packing;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>What <c>pack</c> and <c>unpack</c> share: their options, and the sizes that they show.</summary>
internal static class PackingAction
{
    /// <summary>Makes one of the commands.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="done">What it has done, such as <c>packed</c>.</param>
    /// <param name="description">What its help says.</param>
    /// <param name="work">Does it.</param>
    /// <param name="remark">What there is to say on what has come of it.</param>
    public static Command Create(
        string name,
        string done,
        string description,
        Func<ModelPacking, PackingResult> work,
        Func<PackingResult, string?>? remark = null)
    {
        var model = new Argument<string>("model") { Description = $"The directory of the model to {name}." };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The directory to write; it must not be there yet.",
            Required = true
        };
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command(name, description) { model, output, json, noProgress };
        command.SetWork((arguments, cancellation) =>
        {
            string directory = arguments.GetRequiredValue(output);
            PackingResult result = ProgressDisplay.Run(
                arguments.GetValue(noProgress),
                progress => work(
                    new ModelPacking(arguments.GetRequiredValue(model), directory, progress, cancellation)));
            new Terminal(arguments.GetValue(json)).Result(
                Record(directory, result),
                console => Show(directory, done, result, console));
            if (remark?.Invoke(result) is { } line)
            {
                Terminal.Progress(line);
            }

            return ExitCodes.Done;
        }, isTidy: true);
        return command;
    }

    private static object Record(string output, PackingResult result) => new
    {
        FormatVersion = 1,
        Output = output,
        result.BytesBefore,
        result.BytesAfter,
        Layouts = LayoutText.Record(result.Layouts),
    };

    private static void Show(string output, string done, PackingResult result, TextOutput console)
    {
        LayoutText.Show(result.Layouts, console);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{done}: {result.BytesBefore:N0} bytes before, {result.BytesAfter:N0} after "
            + $"({(double)result.BytesAfter / result.BytesBefore:P0}): {output}"));
    }
}
