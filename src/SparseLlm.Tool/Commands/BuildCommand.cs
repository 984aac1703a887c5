using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm build [RECIPE]</c>: makes the artifacts of a recipe. This is what MSBuild calls.</summary>
internal static class BuildCommand
{
    public static Command Create()
    {
        var recipe = new RecipeOptions();
        Option<string[]> artifact = RecipeFile.Artifact();
        var manifest = new Option<string?>("--manifest")
        {
            Description = "Write lists of inputs, outputs, artifacts and warnings for a build system to this path, "
            + "with endings of their own."
        };
        var sources = new SourceOptions();
        var executor = new ExecutorOptions();
        var computing = new EngineOptions();
        Option<MemoryBudget?> memory = CommandAction.Memory();
        Option<string?> cache = CommandAction.Cache();
        var locked = new Option<bool>("--locked", "--locked-mode")
        {
            Description = "Hold inputs and results against the lock file, and fail where they differ."
        };
        var onCacheMiss = new Option<CacheMissPolicy>("--on-cache-miss")
        {
            Description = "What to do where an artifact would have to be computed: build, warn or error."
        };
        onCacheMiss.Validators.Add(result =>
        {
            // A number would be taken for a member of the enumeration, whether there is one or not.
            if (result.Tokens is [var token]
                && !Enum.GetNames<CacheMissPolicy>().Contains(token.Value, StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"--on-cache-miss is '{token.Value}'; it can be build, warn or error");
            }
        });
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        manifest.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } path }]
                && Path.GetFileName(Path.GetFullPath(path)).Length == 0)
            {
                result.AddError($"{manifest.Name} is '{path}', which is a folder; write the path of the lists without "
                    + $"their endings, such as obj/lists");
            }
        });
        var command = new Command("build", "Make the artifacts of a recipe.") { artifact, manifest };
        computing.AddTo(command);
        command.Add(memory, cache, locked, onCacheMiss, json, noProgress);
        executor.AddTo(command);
        sources.AddTo(command);
        recipe.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            ChosenRecipe chosen = recipe.Read(arguments, cancellation);
            bool isLocked = arguments.GetValue(locked);
            Recipe read = sources.Fetch(
                arguments,
                chosen.Recipe,
                isLocked,
                arguments.GetValue(noProgress),
                cancellation);
            string directory = chosen.Output;
            BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache) ?? chosen.Cache);
            EngineChoice choice = computing.Choose(arguments, read.Engine);
            using IEngine engine = Devices.Open(choice);
            var options = new BuildOptions
            {
                Artifacts = arguments.GetValue(artifact) ?? [],
                Memory = arguments.GetValue(memory),
                IsLocked = isLocked,
                OnCacheMiss = arguments.GetValue(onCacheMiss),
                Slurm = executor.Slurm(arguments, read, choice, opened, memory),
            };
            BuildManifest? lists = arguments.GetValue(manifest) is { } path ? new BuildManifest(path, directory) : null;
            RecipeBuild? build = null;
            try
            {
                ProgressDisplay.Run(arguments.GetValue(noProgress), progress =>
                {
                    build = new RecipeBuild(read, directory, engine, opened, lists?.Noting(progress) ?? progress);
                    return build.Run(options, cancellation);
                });
                lists?.Write(build!, chosen.Warnings);
            }
            finally
            {
                // Also where gates are missed: what was made is there to be looked at.
                if (build is { Outcomes.Count: > 0 })
                {
                    lists?.WriteSummary(build);
                    Show(build, directory, arguments.GetValue(json));
                }
            }

            return ExitCodes.Done;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("build", "Make all artifacts of pruning.yaml here, in models."),
            new("build recipes/opt.yaml --artifact opt-50 -o out", "Make one artifact of a recipe elsewhere."),
            new(
                "build --locked --on-cache-miss error",
                "On a build server: take what is known, compute nothing, and fail where the lock file differs."),
        ]);
    }

    private static void Show(RecipeBuild build, string directory, bool json) => new Terminal(json).Result(
        new
        {
            FormatVersion = 1,
            Artifacts = build.Outcomes.Select(outcome => new
            {
                outcome.Name,
                Output = outcome.Directory,
                UpToDate = outcome.Origin == ArtifactOrigin.UpToDate,
                Origin = JsonNamingPolicy.CamelCase.ConvertName(outcome.Origin.ToString()),
                outcome.Manifest.Sparsity,
                Quantization = QuantizationText.Record(outcome.Manifest.Quantization),
                outcome.Manifest.Digest,
                Encoding = outcome.Manifest.Encoding.Name(),
                outcome.Manifest.Size,
                outcome.Manifest.Speed,
                Exports = outcome.Manifest.Exports.Select(export => new
                {
                    export.Format,
                    export.Type,
                    Files = export
                    .Files
                    .Select(file => file.Name),
                    export.Bytes,
                    export.Digest
                }),
                Perplexity = outcome.Manifest.Perplexity.ToDictionary(
                    entry => entry.Key, entry => new
                    {
                        entry.Value.Dense,
                        entry.Value.Pruned,
                        entry.Value.Tokens,
                        entry
                        .Value
                        .Windows
                    }),
                Gates = outcome.Gates.Select(gate => new
                {
                    gate.Perplexity,
                    gate.Limit,
                    gate.Value,
                    gate.IsMet,
                    Severity = JsonNamingPolicy.CamelCase
                        .ConvertName(gate.Severity.ToString()),
                }),
                outcome.Manifest.Seconds,
            }),
        },
        console =>
        {
            string gate = build.Outcomes.Any(outcome => outcome.Gates.Count > 0) ? "gate" : "gate?";
            console.WriteTable(
                [
                    "artifact", "method?", "sparsity#", "bits?", "perplexity#", "dense#?", "pruned#", "change#", gate,
                    "seconds#?",
                ],
                build.Outcomes.SelectMany(Rows));
            if (build.Outcomes.SelectMany(SizeText.Row).ToArray() is { Length: > 0 } sizes)
            {
                console.WriteTable(
                    ["artifact", "encoding", "dense#", "packed#", "change#", "bits/weight#?", "tokens/s#?"],
                    sizes);
            }

            console.WriteLine($"summary: {Path.Combine(directory, build.Reports[0])}");
        });

    private static IEnumerable<string[]> Rows(ArtifactOutcome outcome)
    {
        ArtifactManifest manifest = outcome.Manifest;
        string[] own = [outcome.Name, manifest.Method, SparsityText.Of(manifest), QuantizationText.Of(
            manifest.Quantization)];
        string seconds = outcome.Origin switch
        {
            ArtifactOrigin.UpToDate or ArtifactOrigin.MeasuredAgain or ArtifactOrigin.Exported => "up to date",
            ArtifactOrigin.Cache => "from cache",
            ArtifactOrigin.Encoded => EncodingText.Work(manifest.Encoding) + "ed",
            _ => Format($"{manifest.Seconds:0.0}"),
        };
        if (manifest.Perplexity.Count == 0)
        {
            yield return [.. own, "", "", "", "", Verdict(GateResult.Beside(outcome.Gates, manifest, null)), seconds];
        }

        foreach ((string name, PerplexityReport report) in manifest.Perplexity)
        {
            yield return
            [
                .. own, name, Format($"{report.Dense:0.000}"), Format($"{report.Pruned:0.000}"),
                Format($"{report.Increase:+0.0 %;-0.0 %;0.0 %}"), Verdict(
                    GateResult.Beside(outcome.Gates, manifest, name)), seconds,
            ];
            (own, seconds) = (["", "", "", ""], "");
        }
    }

    private static string Verdict(GateResult[] gates)
    {
        GateResult[] missed = [.. gates.Where(gate => !gate.IsMet)];
        return gates.Length == 0 ? ""
            : missed.Length == 0 ? "met"
            : missed.Any(gate => gate.Severity == Severity.Error) ? "missed"
            : "missed (warning)";
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
