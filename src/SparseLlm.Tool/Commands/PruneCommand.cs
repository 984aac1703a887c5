using System.CommandLine;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm prune MODEL</c>: one prune without a recipe, so that anything can be scripted.</summary>
internal sealed class PruneCommand
{
    private readonly Argument<string> model = new("model")
    {
        Description = "A Hugging Face directory, or hf://owner/name."
    };
    private readonly MethodOptions pruning = new();
    private readonly Option<double?> sparsity = CommandAction.Share(
        "--sparsity",
        "The share of weights to prune, such as 0.7; 0 with --bits prunes nothing.");
    private readonly Option<string?> pattern = new("--pattern")
    {
        Description = "N:M sparsity, such as 2:4: N of each M weights are kept."
    };
    private readonly Option<double?> keepExperts =
        CommandAction.Share("--keep-experts", "The share of the experts of each mixture to keep, such as 0.5; those "
            + "that matter least are dropped before anything is pruned.");
    private readonly Option<string[]> calibration = new("--calibration")
    {
        Description = $"The calibration text: {TextOptions.Forms}"
    };
    private readonly TextOptions reading = new();
    private readonly Option<int> samples =
        CommandAction.AtLeast(1, new Option<int>("--samples")
        {
            Description = "Number of calibration windows.",
            DefaultValueFactory = _ => new CalibrationSettings().Samples
        });
    private readonly Option<int?> length = CommandAction.SequenceLength();
    private readonly Option<int?> seed = new("--seed")
    {
        Description = "Draw the windows at random positions with this seed; by default the first windows are taken in "
        + "order."
    };
    private readonly Option<string> encoding = new("--encoding")
    {
        Description = "How weights are stored: dense, as any loader expects, or sparse, packed without their zeros.",
        DefaultValueFactory = _ => "dense"
    };
    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The directory to write.",
        Required = true
    };
    private readonly Option<string?> bits = new("--bits")
    {
        Description = "Quantise the weights that are kept to so many bits: 4 or 8."
    };
    private readonly Option<string?> group = new("--group")
    {
        Description = "Columns that share a scale: 32, 64, 128, 256, or row; 64 by default."
    };
    private readonly Option<string?> embeddings = new("--embeddings")
    {
        Description = "Quantise the tables of the embedding and of the head too, to so many bits: 4 or 8."
    };
    private readonly SourceOptions sources = new();
    private readonly EngineOptions computing = new();
    private readonly Option<MemoryBudget?> memory = CommandAction.Memory();
    private readonly Option<string?> cache = CommandAction.Cache();
    private readonly Option<bool> json = CommandAction.Json();
    private readonly Option<bool> noProgress = CommandAction.NoProgress();

    public static Command Create() => new PruneCommand().CreateCommand();

    private Command CreateCommand()
    {
        encoding.AcceptOnly([.. Enum.GetValues<CheckpointEncoding>().Select(CheckpointEncodings.Name)]);
        bits.AcceptOnly(Pruning.Settings.Quantization.BitChoices);
        group.AcceptOnly(Pruning.Settings.Quantization.GroupChoices);
        embeddings.AcceptOnly(Pruning.Settings.Quantization.BitChoices);
        var command = new Command("prune", "Prune a model once, without a recipe.")
        {
            model
        };
        pruning.AddTo(command);
        command.Add(sparsity, pattern, keepExperts, bits, group, embeddings, calibration);
        reading.AddTo(command);
        command.Add(samples, length, seed, encoding, output);
        computing.AddTo(command);
        command.Add(memory, cache, json, noProgress);
        sources.AddTo(command);
        command.SetWork(Run, isTidy: true);
        return command.WithExamples(
        [
            new(
                "prune models/opt-125m --sparsity 0.5 --calibration data/calibration.txt -o pruned",
                "Prune half of the weights with the default method."),
            new(
                "prune models/opt-125m --pattern 2:4 --method wanda --calibration data/calibration.txt -o pruned",
                "Keep two of each four weights, quickly."),
            new("prune models/opt-125m --sparsity 0.7 --preset best --set guard=false --calibration "
                + "data/calibration.txt -o pruned",
                    "Take the time for the best quality, with a setting of the method changed."),
        ]);
    }

    private int Run(ParseResult arguments, CancellationToken cancellation)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(arguments.GetRequiredValue(output))) is null)
        {
            throw Invalid($"--output is '{arguments.GetRequiredValue(output)}', the root of a file system; name a "
                + $"directory below it");
        }

        PruningSettings settings = Settings(arguments);
        SparsityPattern sparse = Pattern(arguments);
        string directory = sources.Model(
            arguments,
            arguments.GetRequiredValue(model),
            cancellation,
            arguments.GetValue(noProgress));
        var request = new PruneRequest(
            Name: null,
            settings,
            new SparsityPlan(sparse, []),
            Calibration(arguments, cancellation),
            Perplexities: [],
            arguments.GetRequiredValue(output))
        {
            Encoding = Enum.Parse<CheckpointEncoding>(arguments.GetRequiredValue(encoding), ignoreCase: true),
            Sources = sources.Commits
        };
        BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache));
        using IEngine engine = Devices.Open(computing.Choose(arguments));
        ArtifactOutcome outcome = ProgressDisplay.Run(arguments.GetValue(noProgress), progress =>
        {
            var dense = new DenseModel(directory, engine.NumericsClass, opened);
            foreach (Diagnostic warning in request.Warnings(dense.Definition))
            {
                progress?.Report(new Notice(warning));
            }

            return new ArtifactBuilder(dense, engine, arguments.GetValue(memory) ?? MemoryBudget.Default, progress)
                .Build(request, cancellation);
        });
        Show(outcome, new Terminal(arguments.GetValue(json)));
        return ExitCodes.Done;
    }

    private static void Show(ArtifactOutcome outcome, Terminal terminal)
    {
        ArtifactManifest manifest = outcome.Manifest;
        terminal.Result(
            new
            {
                FormatVersion = 1,
                Output = outcome.Directory,
                Origin = JsonNamingPolicy.CamelCase.ConvertName(outcome.Origin.ToString()),
                Encoding = manifest.Encoding.Name(),
                manifest.Size,
                manifest.Sparsity,
                Quantization = QuantizationText.Record(manifest.Quantization),
                Tensors = manifest.Tensors
                    .Select(tensor => new { tensor.Name, tensor.Shape, tensor.Sparsity, tensor.RelativeError }),
                manifest.Seconds,
            },
            console =>
            {
                console.WriteLine($"{manifest.Tensors.Count} matrices {Origin(outcome)}: {outcome.Directory}");
                if (SizeText.Sentence(manifest) is { Length: > 0 } sizes)
                {
                    console.WriteLine(sizes);
                }
            });
    }

    private static string Origin(ArtifactOutcome outcome)
    {
        string done = SparsityText.Done(outcome.Manifest);
        return outcome.Origin switch
        {
            ArtifactOrigin.UpToDate or ArtifactOrigin.MeasuredAgain or ArtifactOrigin.Exported
                => $"{done}, up to date",
            ArtifactOrigin.Cache => $"{done}, from the cache",
            ArtifactOrigin.Encoded
                => $"{done} before, {EncodingText.Work(outcome.Manifest.Encoding)}ed now",
            _ => FormattableString.Invariant($"{done} in {outcome.Manifest.Seconds:0.0} s"),
        };
    }

    private PruningSettings Settings(ParseResult arguments)
    {
        double kept = arguments.GetValue(keepExperts) ?? 1;
        return kept is > 0 and <= 1
            ? pruning.Settings(arguments) with { ExpertsKept = kept, Quantization = Quantization(arguments) }
            : throw Invalid(
                FormattableString.Invariant($"--keep-experts {kept}: a share is above 0 and at most 1, such as 0.5"));
    }

    private Quantization? Quantization(ParseResult arguments) =>
        (arguments.GetValue(bits), arguments.GetValue(group), arguments.GetValue(embeddings)) switch
        {
            (null, null, null) => null,
            (null, not null, _) => throw WithoutBits(group),
            (null, _, _) => throw WithoutBits(embeddings),
            var (chosen, columns, tables) => Pruning.Settings.Quantization.Of(chosen, columns, tables),
        };

    private DiagnosticException WithoutBits(Option option)
        => Invalid($"{option.Name} is without effect where nothing is quantised; add {bits.Name} 4");

    private SparsityPattern Pattern(ParseResult arguments)
    {
        string problem;
        switch (arguments.GetValue(sparsity), arguments.GetValue(pattern))
        {
            case ({ } share, null):
                return SparsityPattern.TryUnstructured(
                    share,
                    out SparsityPattern.Unstructured unstructured,
                    out problem)
                    ? unstructured
                    : throw Invalid($"--sparsity {problem}");
            case (null, { } text):
                return SparsityPattern.TryParseGroups(text, out SparsityPattern.Groups groups, out problem)
                    ? groups
                    : throw Invalid($"--pattern {problem}");
            default:
                throw Invalid(
                    "say how sparse the model becomes, with either --sparsity (such as 0.7) or --pattern (such as 2:4)"
                    + (arguments.GetValue(bits) is null ? "" : "; --sparsity 0 quantises it and prunes nothing"));
        }
    }

    private CalibrationSource? Calibration(ParseResult arguments, CancellationToken cancellation)
    {
        if (arguments.GetValue(calibration) is not { Length: > 0 } files)
        {
            return null;
        }

        TextSource source = reading.Source(
            sources.Texts(arguments, files, cancellation, arguments.GetValue(noProgress)),
            arguments);
        var settings = new CalibrationSettings
        {
            Samples = arguments.GetValue(samples),
            SequenceLength = arguments.GetValue(length),
            Sampling = arguments.GetValue(seed) is null ? Sampling.Sequential : Sampling.Random,
            Seed = arguments.GetValue(seed) ?? 0,
        };
        return new CalibrationSource(source, settings, new SourceLocation(source.Paths[0]));
    }

    private static DiagnosticException Invalid(string message) => ToolDiagnostics.InvalidOption.Error(null, message);
}
