using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Executors.Slurm;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Building;

/// <summary>Makes the artifacts of a recipe and holds them against their gates.</summary>
internal sealed class RecipeBuild(
    Recipe recipe,
    string output,
    IEngine engine,
    BuildCache cache,
    IProgress<BuildProgress>? progress = null)
{
    private readonly List<Diagnostic> warnings = [];

    /// <summary>
    /// Every file that decides what is made: recipe, model, texts. Absolute paths, and the globs that texts were found
    /// by. Behind a link, as all files in the hub's cache are, there is the file too: who looks at times sees the
    /// link's own otherwise.
    /// </summary>
    public IReadOnlyList<string> Inputs => [.. WithTargets(Named.Except(OfTheHub))];

    /// <summary>What is read of the hub, and the lock file that says which state of it. These may have come or changed
    /// while the build ran; they are as it has found them.</summary>
    public IReadOnlyList<string> SourceFiles
        => recipe.Sources.Count == 0 ? [] : [LockFile.PathOf(recipe.Path), .. WithTargets(OfTheHub)];

    private IEnumerable<string> OfTheHub => recipe.Sources.SelectMany(source => source.Paths);

    private static IEnumerable<string> WithTargets(IEnumerable<string> paths) =>
        paths.SelectMany(
            path => new FileInfo(path).LinkTarget is null ? [path] : (string[])[path, ResolvedPath.Of(path)]);

    private IEnumerable<string> Named =>
    [
        Path.GetFullPath(recipe.Path),
        .. ModelFiles.Of(recipe.Model).Select(file => Path.Combine(recipe.Model, file)),
        .. recipe.Calibration?.Text.Paths ?? [],
        .. recipe.Perplexities.SelectMany(perplexity => perplexity.Text.Paths),
        .. recipe.Globs,
        .. recipe.Artifacts.Any(artifact => artifact.Gguf.Count > 0) && File.Exists(
            Path.Combine(recipe.Model, GgufExport.CardName)) ? [Path.Combine(recipe.Model, GgufExport.CardName)]
                : (string[])[],
    ];

    /// <summary>What every build would warn of while recipe and model are as they are. A warning of what this run did
    /// is not among them.</summary>
    public IReadOnlyList<Diagnostic> Warnings => warnings;

    /// <summary>What was made, with or without missing gates; nothing where a run ended before all artifacts were
    /// tried.</summary>
    public IReadOnlyList<ArtifactOutcome> Outcomes { get; private set; } = [];

    /// <summary>The reports on the whole recipe, relative to the output directory.</summary>
    public IReadOnlyList<string> Reports => RecipeReports.Files(recipe.Path, output);

    /// <summary>Makes artifacts, and locks what they were made of.</summary>
    /// <param name="options">Which, and how.</param>
    /// <param name="cancellation">Stops; what is finished stays.</param>
    /// <exception cref="DiagnosticException">One cannot be made, or gates were missed; artifacts that miss a gate are
    /// written all the same.</exception>
    public IReadOnlyList<ArtifactOutcome> Run(BuildOptions options, CancellationToken cancellation)
    {
        IReadOnlyList<ArtifactRecipe> artifacts = recipe.Choose(options.Artifacts);
        var dense = new DenseModel(recipe.Model, engine.NumericsClass, cache);
        string lockPath = LockFile.PathOf(recipe.Path);
        LockFile? locked = options.IsLocked || recipe.Sources.Count > 0 ? LockFile.Read(lockPath) : null;
        LockCheck? lockCheck = options.IsLocked ? new LockCheck(locked, lockPath) : null;
        PruneRequest[] requests = [.. artifacts.Select(artifact => recipe.Request(artifact, output) is var request
            && lockCheck is not null ? lockCheck.Locked(artifact, request) : request)];
        Check(artifacts, requests, dense);
        CheckSources(locked?.Sources, dense.Files);
        CheckLock(lockCheck, artifacts, requests, dense);
        CheckCache(options.OnCacheMiss, options.Artifacts, cancellation);

        ComputeElsewhere(options, cancellation);

        var builder = new ArtifactBuilder(
            dense,
            engine,
            options.Memory ?? recipe.Memory ?? MemoryBudget.Default,
            progress)
        {
            ExpectsMore = artifacts.Count > 1,
            MayCompute = options.OnCacheMiss != CacheMissPolicy.Error && options.Slurm is null,
        };
        var outcomes = new List<ArtifactOutcome>();
        var missed = new List<Diagnostic>();
        foreach ((int index, (ArtifactRecipe artifact, PruneRequest request)) in artifacts.Zip(requests).Index())
        {
            progress?.Report(new ArtifactBegun(index + 1, artifacts.Count));
            try
            {
                ArtifactOutcome outcome = builder.Build(request, cancellation);
                outcomes.Add(outcome);
                ILookup<Severity, Diagnostic> gates = MissedGates.Of(artifact, outcome)
                    .ToLookup(diagnostic => diagnostic.Severity);
                missed.AddRange(gates[Severity.Error]);
                foreach (Diagnostic warning in gates[Severity.Warning])
                {
                    Warn(warning);
                }

                foreach (ExportNote note in outcome.Manifest.Exports.SelectMany(export => export.Notes).Distinct())
                {
                    Tell(note.At(artifact.Location));
                }
            }
            catch (DiagnosticException exception) when (exception.Diagnostics
                .All(diagnostic => diagnostic.Descriptor == PipelineDiagnostics.LockMoved))
            {
                // The others are looked at all the same, and everything that has moved is said at once.
                missed.AddRange(exception.Diagnostics);
            }
        }

        Report(outcomes, dense, cancellation);
        Outcomes = outcomes;
        if (!options.IsLocked)
        {
            Lock(lockPath, outcomes, dense.Files, cancellation);
        }

        return missed.Count == 0 ? outcomes : throw new DiagnosticException(missed);
    }

    /// <summary>Has others compute what is missing, so that it is in the cache when its turn comes here.</summary>
    private void ComputeElsewhere(BuildOptions options, CancellationToken cancellation)
    {
        if (options.Slurm is null)
        {
            return;
        }

        var plan = new RecipePlan(recipe, output, engine.NumericsClass, cache);
        UnitOfWork[] units = [.. plan.Plan(options.Artifacts, cancellation).Select(UnitOfWork.Of)];
        if (units.Any(unit => unit.IsMissing))
        {
            new SlurmExecutor(options.Slurm, cache, progress).Run(
                recipe.Path,
                units,
                unit => UnitOfWork.Of(plan.Plan([unit.Name], cancellation).Single()),
                cancellation);
        }
    }

    private static void CheckLock(
        LockCheck? check,
        IReadOnlyList<ArtifactRecipe> artifacts,
        PruneRequest[] requests,
        DenseModel dense)
    {
        Diagnostic[] moved =
            [.. artifacts.Zip(requests).SelectMany(pair => check?.Inputs(
                pair.First,
                dense.Inputs(pair.Second),
                new ArtifactExports(dense, pair.Second).TypeNames) ?? [])];
        if (moved.Length > 0)
        {
            throw new DiagnosticException(moved);
        }
    }

    /// <summary>Whether locked or not: the files of a commit are what they were, or damaged, and what is made of
    /// damaged ones must not be locked in their place.</summary>
    private void CheckSources(IReadOnlyDictionary<string, LockedSource>? locked, InputFiles files)
    {
        Diagnostic[] damaged = [.. recipe.Sources.SelectMany(
            source => locked?.GetValueOrDefault(source.Address.ToString())?.Damage(source, files.Of) ?? [])];
        if (damaged.Length > 0)
        {
            throw new DiagnosticException(damaged);
        }
    }

    private void CheckCache(CacheMissPolicy policy, IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        if (policy == CacheMissPolicy.Build)
        {
            return;
        }

        var plan = new RecipePlan(recipe, output, engine.NumericsClass, cache);
        Diagnostic[] missing = [.. plan.Plan(names, cancellation).Select(artifact => Missing(artifact, policy))
            .OfType<Diagnostic>()];
        if (policy == CacheMissPolicy.Error && missing.Length > 0)
        {
            throw new DiagnosticException(missing);
        }

        foreach (Diagnostic diagnostic in missing)
        {
            progress?.Report(new Notice(diagnostic));
        }
    }

    /// <summary>What would have to be computed for an artifact; null where that is nothing.</summary>
    private static Diagnostic? Missing(ArtifactPlan plan, CacheMissPolicy policy)
    {
        // A perplexity that cannot be looked for yet may be in the cache all the same: only a warning can be given too
        // early.
        string[] measurements = [.. plan.MissingMeasurements.Where(
            measurement => policy == CacheMissPolicy.Warn || measurement.Key is not null)
                .Select(measurement => measurement.ToString())];
        string? message =
            plan.MissingLayers.Count > 0 ? $"'{plan.Artifact.Name}' is not in the cache; "
                + $"{LayerRanges.Describe(plan.MissingLayers)} of {plan.Keys.Layers.Count} would have to be pruned"
            : plan.MissingEpochs > 0 ? $"'{plan.Artifact.Name}' is not in the cache; its layers are, and "
                + FormattableString.Invariant($"{plan.MissingEpochs} of {plan.Keys.Epochs.Count} passes over all of ")
                + "them would have to be made"
            : measurements.Length > 0 ? $"'{plan.Artifact.Name}' needs perplexities that are not in the cache and "
                + $"would have to be measured: {string.Join(", ", measurements)}"
            : null;
        return message is null ? null : policy == CacheMissPolicy.Error
            ? PipelineDiagnostics.NotInCache.At(plan.Artifact.Location, $"{message}. {PruneJob.BuildElsewhere}")
            : PipelineDiagnostics.NotInCacheWarning.At(plan.Artifact.Location, message);
    }

    /// <summary>Locks what was made; artifacts that were not asked for stay as they are locked, those that the recipe
    /// has no more go.</summary>
    private void Lock(
        string path,
        IReadOnlyList<ArtifactOutcome> outcomes,
        InputFiles files,
        CancellationToken cancellation)
    {
        // Two builds of the same recipe may end at the same time, each with other artifacts.
        using IDisposable turn = cache.Lock(KeyBuilder.Of("lock file", [new("path", path)]), cancellation);
        var artifacts = new SortedDictionary<string, LockedArtifact>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, LockedArtifact> before = new Dictionary<string, LockedArtifact>();
        try
        {
            before = LockFile.Read(path)?.Artifacts ?? before;
        }
        catch (DiagnosticException exception)
        {
            // A newer tool may have written it, or a program of another make; or a merge has to be decided.
            Warn(Trouble(exception));
            return;
        }

        foreach ((string name, LockedArtifact artifact) in before.Where(
            known => recipe.Artifacts.Any(artifact => artifact.Name == known.Key)))
        {
            artifacts[name] = artifact;
        }

        foreach (ArtifactOutcome outcome in outcomes)
        {
            artifacts[outcome.Name] = LockedArtifact.Of(outcome.Manifest);
        }

        try
        {
            new LockFile(artifacts) { Sources = LockedSources(files) }.Write(path);
            cache.Pin(path);
        }
        catch (DiagnosticException exception)
        {
            Warn(Trouble(exception));
        }
    }

    private SortedDictionary<string, LockedSource>? LockedSources(InputFiles files) => recipe.Sources.Count == 0
        ? null
        : new(
        recipe.Sources.ToDictionary(
            source => source.Address.ToString(),
            source => new LockedSource(source.Commit, source.IsWhole ? Digests(source, files) : [])),
            StringComparer.Ordinal);

    private static SortedDictionary<string, string> Digests(HubSource source, InputFiles files) =>
        new(
            source.Files.ToDictionary(file => file, file => files.Of(Path.Combine(source.Directory, file))),
            StringComparer.Ordinal);

    /// <summary>An artifact that took an hour is not to fail because of the file that tells of it.</summary>
    private static Diagnostic Trouble(DiagnosticException exception)
    {
        Diagnostic trouble = exception.Diagnostics[0];
        return PipelineDiagnostics.LockTrouble
            .At(trouble.Location, $"{trouble.Message}; the artifacts were made, and the lock file stays as it was");
    }

    private void Tell(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == Severity.Warning)
        {
            Warn(diagnostic);
            return;
        }

        progress?.Report(new Notice(diagnostic));
    }

    private void Warn(Diagnostic warning)
    {
        warnings.Add(warning);
        progress?.Report(new Notice(warning));
    }

    /// <summary>Finds what is wrong with any artifact before time is spent on the first.</summary>
    private void Check(IReadOnlyList<ArtifactRecipe> artifacts, PruneRequest[] requests, DenseModel dense)
    {
        List<Diagnostic> errors = [.. OutputPlaces.Overlaps(recipe, output, cache)];
        bool isApart = errors.Count == 0;
        foreach ((ArtifactRecipe artifact, PruneRequest request) in artifacts.Zip(requests))
        {
            try
            {
                request.Require(dense.Definition);
                if (isApart && (Standing(request, dense) is not { } standing
                    || new ArtifactExports(dense, request).Missing(standing).Count > 0))
                {
                    StagingDirectory.Check(request.Output, new ArtifactExports(dense, request).Files, request.IsNamed);
                }
            }
            catch (DiagnosticException exception)
            {
                errors.AddRange(exception.Diagnostics
                    .Select(diagnostic => diagnostic with { Location = diagnostic.Location ?? artifact.Location }));
            }

            errors.AddRange(artifact.Gates.OfType<SizeGate>().Where(gate => gate.Severity == Severity.Error)
                .Select(gate => Impossible(artifact, gate, dense))
                .OfType<Diagnostic>());
            foreach (Diagnostic warning in request.Warnings(dense.Definition))
            {
                Warn(warning);
            }
        }

        if (errors.Count > 0)
        {
            throw new DiagnosticException(errors);
        }
    }

    /// <summary>A limit that is known to be missed before anything is pruned; null where it is not.</summary>
    private static Diagnostic? Impossible(ArtifactRecipe artifact, SizeGate gate, DenseModel dense)
    {
        if (artifact.Encoding != CheckpointEncoding.Dense || artifact.Settings.DropsExperts())
        {
            return null;
        }

        long bytes = ModelFiles.WeightBytes(dense.Directory);
        return GateResult.Of(gate, bytes, bytes) is { IsMet: false } result
            ? PipelineDiagnostics.GateImpossible.At(
                gate.Location, $"'{artifact.Name}' is stored dense, so its weights will take {Figures.Bytes(bytes)} as "
                    + $"those of the model do, and the gate allows {result.Limit}; store it with 'encoding: sparse', "
                    + $"or widen the gate")
            : null;
    }

    /// <summary>What stands in the output of the whole recipe, whether it was made now or earlier.</summary>
    private void Report(IReadOnlyList<ArtifactOutcome> outcomes, DenseModel dense, CancellationToken cancellation)
    {
        ArtifactResult[] results =
        [
            .. recipe.Artifacts.Select(artifact => new ArtifactResult(
                artifact, outcomes.FirstOrDefault(outcome => outcome.Name == artifact.Name)?.Manifest
                    ?? Standing(recipe.Request(artifact, output), dense))),
        ];
        using IDisposable turn = cache.Lock(
            KeyBuilder.Of("reports", [new("path", Path.GetFullPath(output))]),
            cancellation);
        try
        {
            RecipeReports.Write(recipe, results, output);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(output, exception);
        }
    }

    private static ArtifactManifest? Standing(PruneRequest request, DenseModel dense) =>
        ArtifactManifest.TryRead(request.Output) is { } manifest && manifest.Encoding == request.Encoding
            && manifest.Key == StepKeys.Of(dense.Inputs(request)).Artifact ? manifest : null;
}
