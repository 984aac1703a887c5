using System.CommandLine;
using System.Globalization;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Chat;
using SparseLlm.Runtime.Generation;
using SparseLlm.Tool.Generating;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm run MODEL</c>: a model generates, for a person at a terminal or once for a prompt.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        Argument<string> model = ModelToRun();
        var prompt = new Option<string?>("--prompt", "-p")
        {
            Description = "What to say, once; by default what comes through a pipe, else what you type."
        };
        var system = new Option<string?>("--system")
        {
            Description = "What a chat model is told before the conversation."
        };
        var raw = new Option<bool>("--raw")
        {
            Description = "Go on with the text as it is, though the model has a chat template."
        };
        var settings = new GenerationSettings();
        var sources = new SourceOptions();
        Option<int?> context = Context();
        Option<int?> threads = CommandAction.Threads("Threads that compute");
        Option<bool> json = CommandAction.Json();
        var command = new Command("run", "Run a model: talk to it, or have it go on with a text.")
        {
            model,
            prompt,
            system,
            raw
        };
        settings.AddTo(command);
        sources.AddTo(command);
        foreach (Option option in (Option[])[context, threads, json])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(prompt) is null && !Console.IsInputRedirected)
            {
                result.AddError("--json is for one answer; give the text with --prompt or through a pipe");
            }
        });
        command.SetWork((arguments, cancellation) =>
        {
            string? text = arguments.GetValue(prompt) ?? (Console.IsInputRedirected ? ReadInput() : null);
            using LanguageModel opened = Open(
                sources.Model(arguments, arguments.GetRequiredValue(model), cancellation),
                arguments.GetValue(context),
                arguments.GetValue(threads));
            IPrompting prompting = Prompting(opened, arguments.GetValue(system), arguments.GetValue(raw));
            using var conversation = new Conversation(opened, prompting);
            GenerationOptions options = settings.Of(arguments, opened);
            var tally = new Tally();
            var answers = new AnswerWriter(isShown: !arguments.GetValue(json), tally);
            if (text is null && prompting is TextPrompting)
            {
                Terminal.Progress("the model goes on with your text; each line that you type follows it");
            }

            int code = text is null
                ? new Dialogue(conversation, options, answers).Run(cancellation)
                : AnswerOnce(
                    token => conversation.Say(text, options, token),
                    answers,
                    tally,
                    new Terminal(arguments.GetValue(json)),
                    cancellation);
            Terminal.Progress(tally.ToString());
            return code;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("run pruned", "Talk to a model."),
            new(
                "run pruned --prompt \"Once upon a time\" --temperature 0.8 --top-p 0.95 --max-tokens 200",
                "Go on with a text."),
            new(
                "run pruned --prompt \"Why is the sky blue?\" --system \"Answer in one sentence.\" --json",
                "One answer, as JSON."),
        ]);
    }

    /// <summary>The model of a command that runs one.</summary>
    public static Argument<string> ModelToRun() => new("model")
    {
        Description = "The directory of an artifact, packed or dense, or another Hugging Face directory, or "
        + "hf://owner/name."
    };

    /// <summary>Chooses the longest sequence.</summary>
    public static Option<int?> Context() => CommandAction.AtLeast(1, new Option<int?>("--context")
    {
        Description
            = "Tokens that prompts and answers can have together; by default what the model was made for, up to 4096.",
    });

    /// <summary>Opens the model of a command.</summary>
    public static LanguageModel Open(string directory, int? context, int? threads)
    {
        if (GgufFile.IsName(directory) && !Directory.Exists(directory))
        {
            throw ToolDiagnostics.InvalidOption.Error(
                new SourceLocation(directory),
                "a GGUF file is for llama.cpp and what is built on it, such as LLamaSharp and Ollama; "
                        + "name the directory of the model that it was made from");
        }

        var options = new LanguageModelOptions { ContextLength = context };
        options.Threads = Devices.Sensible(threads) ?? options.Threads;
        LanguageModel model = LanguageModel.Open(directory, options);
        if (model.ContextLength > model.Definition.MaximumLength)
        {
            Terminal.Progress(string.Create(CultureInfo.InvariantCulture,
                $"the model was made for {model.Definition.MaximumLength} "
                + $"tokens; what it says beyond them may make no sense"));
        }

        return model;
    }

    private static IPrompting Prompting(LanguageModel model, string? system, bool isRaw)
    {
        if (!isRaw && ChatTemplate.Read(model.Directory) is { } template)
        {
            return new ChatPrompting(model.Tokenizer, template, system);
        }

        if (system is not null)
        {
            throw ToolDiagnostics.InvalidOption.Error(null, isRaw
                ? "--system is for a conversation, and --raw goes on with the text as it is; leave one of them out"
                : "--system is for chat models, and this model has no chat template; put what you want to tell it into "
                    + "the text");
        }

        return new TextPrompting(model.Tokenizer);
    }

    /// <summary>The line break at the end is that of the program that wrote the text.</summary>
    private static string ReadInput()
    {
        using var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding());
        string text = reader.ReadToEnd();
        text = text.EndsWith('\n') ? text[..^1].TrimEnd('\r') : text;
        return text.Length > 0 ? text : throw RuntimeDiagnostics.EmptyPrompt
            .Error(null, "nothing came through standard input; give a text with --prompt");
    }

    private static int AnswerOnce(
        Func<CancellationToken, IEnumerable<GeneratedText>> say, AnswerWriter answers, Tally tally, Terminal terminal,
        CancellationToken cancellation)
    {
        (string answer, string end) = answers.Write(say, cancellation);
        terminal.Result(
            new
            {
                FormatVersion = 1,
                Text = answer,
                EndReason = end,
                tally.PromptTokens,
                tally.GeneratedTokens,
                PrefillTokensPerSecond = tally.PrefillRate,
                DecodeTokensPerSecond = tally.DecodeRate,
                Tally.PeakMemory,
            },
            _ => { });
        return end == AnswerWriter.Cancelled ? ExitCodes.Interrupted : ExitCodes.Done;
    }
}
