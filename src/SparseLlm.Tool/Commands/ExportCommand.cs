using System.CommandLine;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm export MODEL</c>: a model as a file for runtimes that read GGUF.</summary>
internal static class ExportCommand
{
    private const string Gguf = "gguf";

    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "A Hugging Face directory, dense or pruned, or hf://owner/name."
        };
        var format = new Option<string>("--format")
        {
            Description = "The format; gguf is the only one, and may be left out.",
            DefaultValueFactory = _ => Gguf
        };
        format.AcceptOnly(Gguf);
        var type = new Option<string?>("--type")
        {
            Description = "How matrices are stored; by default as in the checkpoint."
        };
        type.AcceptOnly(
            [.. GgufElementTypes.ByName.Keys, .. GgufElementTypes.ByName.Values.Select(value => value.Name())]);
        var sources = new SourceOptions();
        var name = new Option<string?>("--name")
        {
            Description = "What the model is called in the file; by default as its artifact or directory."
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file to write, which ends in .gguf.",
            Required = true
        };
        output.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } path }] && !GgufFile.IsName(path))
            {
                result.AddError($"--output is '{path}', and runtimes look for files that end in .gguf; name one like "
                    + $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(path))}.gguf");
            }
        });
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command("export", "Write a model as GGUF, for LLamaSharp, llama.cpp, Ollama and LM Studio.")
        {
            model,
            format,
            type,
            name,
            output,
            json,
            noProgress
        };
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            string directory = sources.Model(
                arguments,
                arguments.GetRequiredValue(model),
                cancellation,
                arguments.GetValue(noProgress));
            ModelExport export = ProgressDisplay.Run(arguments.GetValue(noProgress), progress => ModelExport.Run(
                directory,
                arguments.GetRequiredValue(output),
                arguments.GetValue(type) is { } chosen ? GgufElementTypes.ByName[chosen.ToLowerInvariant()] : null,
                arguments.GetValue(name),
                progress,
                cancellation));
            foreach (Diagnostic note in export.Notes)
            {
                Terminal.Show(note);
            }

            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Format = Gguf,
                    export.Type,
                    export.Files,
                    export.Bytes,
                    Provenance = export
                    .HasProvenance,
                    Notes = export.Notes.Select(note => new { note.Code, note.Message })
                },
                console => console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{export.Type}, {export.Bytes / 1e6:0.0} MB: {string.Join(", ", export.Files)}")));
            return ExitCodes.Done;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("export models/opt-125m --type q8_0 -o opt-125m-Q8_0.gguf", "The model, quantised to 8 bits."),
            new("export pruned -o pruned.gguf", "A pruned model in the type that its weights have."),
        ]);
    }
}
