using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Perplexities are steps like all others: planned, exchanged with a remote cache, and not measured where
/// nothing may be computed.</summary>
public sealed class Perplexities : CacheTest
{
    private static readonly BuildOptions ComputingNothing = new() { OnCacheMiss = CacheMissPolicy.Error };
    private readonly SmallBuild build;

    public Perplexities() => build = new SmallBuild(Temp);

    private LockedPerplexity Locked => LockFile.Read(build.LockFile)!.Artifacts["a"].Perplexity["prose"];

    [Fact]
    public void A_plan_tells_which_perplexities_have_to_be_measured()
    {
        Planned().ShouldBe((PlannedAction.Prune, "the dense model on prose, a on prose"));
        build.Run(Open());
        Planned().ShouldBe((PlannedAction.None, ""));

        Forget(Locked.DenseKey!);
        ChangeWhatWasMeasured();
        Planned().ShouldBe((PlannedAction.Measure, "the dense model on prose"));

        RemoveArtifact();
        Planned().ShouldBe((PlannedAction.Restore, "the dense model on prose"));
        Forget(Locked.PrunedKey!);
        Planned().ShouldBe((PlannedAction.Restore, "the dense model on prose, a on prose"));

        (PlannedAction Action, string Missing) Planned()
        {
            ArtifactPlan plan = build.Plan(Open());
            return (plan.Action, string.Join(", ", plan.MissingMeasurements));
        }
    }

    [Fact]
    public void Where_nothing_may_be_computed_a_perplexity_that_is_missing_is_an_error_and_nothing_is_touched()
    {
        build.Run(Open());
        Forget(Locked.PrunedKey!);
        ChangeWhatWasMeasured();
        string manifest = File.ReadAllText(Path.Combine(build.Artifact, "pruning.json"));
        Refused().ShouldContain("a on prose");
        File.ReadAllText(Path.Combine(build.Artifact, "pruning.json")).ShouldBe(manifest);

        RemoveArtifact();
        Refused().ShouldContain("a on prose");
        Directory.Exists(build.Artifact).ShouldBeFalse();

        string Refused()
        {
            Diagnostic error = Should.Throw<DiagnosticException>(() => build.Run(Open(), ComputingNothing)).Diagnostics
                .Single();
            error.Code.ShouldBe("SLM4013");
            return error.Message;
        }
    }

    [Fact]
    public void An_artifact_that_is_put_together_from_its_layers_finds_its_perplexities_or_is_refused()
    {
        ArtifactOutcome made = build.Run(Open());
        Forget(made.Manifest.Key);
        RemoveArtifact();
        build.Run(Open(), ComputingNothing).Manifest.Perplexity["prose"].Pruned
            .ShouldBe(made.Manifest.Perplexity["prose"].Pruned);

        Forget(made.Manifest.Key);
        Forget(Locked.PrunedKey!);
        RemoveArtifact();
        Should.Throw<DiagnosticException>(() => build.Run(Open(), ComputingNothing)).Diagnostics.Single().Code
            .ShouldBe("SLM4013");
        Directory.Exists(build.Artifact).ShouldBeFalse();
    }

    [Fact]
    public void Where_the_sparsity_of_each_matrix_is_missing_it_is_not_found_anew_without_leave()
    {
        ArtifactOutcome made = build.Run(Open());
        Forget(made.Manifest.Key);
        Forget(Keys.StepKeys.Of(made.Manifest.Inputs).Allocation!);
        RemoveArtifact();
        Should.Throw<DiagnosticException>(() => build.Run(Open(), ComputingNothing)).Diagnostics.Single().Message
            .ShouldContain("the sparsity of each matrix");
    }

    [Fact]
    public void A_perplexity_that_has_to_be_measured_is_a_warning_where_that_is_asked_for()
    {
        build.Run(Open());
        Forget(Locked.DenseKey!);
        RemoveArtifact();
        var notices = new List<Diagnostic>();
        build.Run(Open(), new BuildOptions { OnCacheMiss = CacheMissPolicy.Warn }, new Notices(notices));
        notices.Select(notice => (notice.Code, notice.Severity)).ShouldBe([("SLM4014", Severity.Warning)]);
        notices[0].Message.ShouldContain("the dense model on prose");
    }

    [Fact]
    public void What_was_pushed_with_its_perplexities_is_built_elsewhere_without_computing()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        PerplexityReport made = build.Run(Open()).Manifest.Perplexity["prose"];
        ExchangedArtifact pushed = CacheExchange.Push(
            Machine("cache", server),
            build.LockFile,
            withLayers: true,
            CancellationToken.None).Single();
        (pushed.IsComplete, pushed.Perplexities, pushed.UnnamedPerplexities).ShouldBe((true, 2, 0));

        // Without a pull, plan and build go by what the server has.
        RemoveArtifact();
        ArtifactPlan plan = build.Plan(Machine("far", server));
        (plan.Action, plan.MissingMeasurements.Count).ShouldBe((PlannedAction.Restore, 0));
        File.Exists(Path.Combine(Temp["far"], "ac", Locked.PrunedKey!)).ShouldBeFalse();
        build.Run(Machine("far", server), ComputingNothing).Origin.ShouldBe(ArtifactOrigin.Cache);

        // With one, the server is needed no more.
        RemoveArtifact();
        CacheExchange.Pull(Machine("near", server), build.LockFile, withLayers: false, CancellationToken.None).Single()
            .IsComplete
            .ShouldBeTrue();
        build.Run(Open(Temp["near"]), ComputingNothing).Manifest.Perplexity["prose"].ShouldBeEquivalentTo(made);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void Layers_are_pulled_with_the_sparsity_of_each_matrix()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        ArtifactOutcome made = build.Run(Open());
        CacheExchange.Push(Machine("cache", server), build.LockFile, withLayers: true, CancellationToken.None);
        CacheExchange.Pull(Machine("near", server), build.LockFile, withLayers: true, CancellationToken.None).Single()
            .IsComplete
            .ShouldBeTrue();
        File.Delete(Path.Combine(Temp["near"], "ac", made.Manifest.Key));
        RemoveArtifact();
        ArtifactOutcome again = build.Run(Open(Temp["near"]), ComputingNothing);
        (again.Origin, again.Manifest.Digest).ShouldBe((ArtifactOrigin.Pruned, made.Manifest.Digest));
    }

    [Fact]
    public void A_perplexity_that_is_nowhere_makes_an_exchange_incomplete()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        build.Run(Open());
        Forget(Locked.PrunedKey!);
        ExchangedArtifact pushed = CacheExchange.Push(
            Machine("cache", server),
            build.LockFile,
            withLayers: false,
            CancellationToken.None).Single();
        (pushed.IsThere, pushed.PerplexitiesThere, pushed.Perplexities, pushed.IsComplete).ShouldBe(
            (true, 1, 2, false));
    }

    [Fact]
    public void A_lock_file_of_an_older_version_is_read_and_its_artifacts_are_exchanged()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        ArtifactOutcome made = build.Run(Open());
        ChangeLock(artifact =>
        {
            artifact.AsObject().Remove("size");
            JsonObject prose = artifact["perplexity"]!["prose"]!.AsObject();
            prose.Remove("denseKey").ShouldBeTrue();
            prose.Remove("prunedKey").ShouldBeTrue();
        });
        ExchangedArtifact pushed = CacheExchange.Push(
            Machine("cache", server),
            build.LockFile,
            withLayers: false,
            CancellationToken.None).Single();
        (pushed.IsComplete, pushed.Perplexities, pushed.UnnamedPerplexities).ShouldBe((true, 0, 1));
        build.Run(Open(), new BuildOptions { IsLocked = true }).Manifest.Digest.ShouldBe(made.Manifest.Digest);

        // Renewed by any build that may write it.
        build.Run(Open(), new BuildOptions());
        Locked.DenseKey.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("digest")]
    [InlineData("pruned")]
    [InlineData("dense")]
    public void What_is_not_as_it_was_locked_is_not_pushed_nor_is_anything_else(string part)
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        build.Run(Open());
        ChangeLock(artifact =>
        {
            if (part == "digest")
            {
                artifact["digest"] = Key("another");
            }
            else
            {
                JsonNode prose = artifact["perplexity"]!["prose"]!;
                prose[part] = prose[part]!.GetValue<double>() + 1;
            }
        });
        Diagnostic error = Should.Throw<DiagnosticException>(
            () => CacheExchange.Push(Machine("cache", server), build.LockFile, withLayers: true,
                CancellationToken.None)).Diagnostics.Single();
        (error.Code, error.Location!.File).ShouldBe(("SLM4011", build.LockFile));
        server.Files.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_as_it_was_locked_is_not_pulled()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        build.Run(Open());
        CacheExchange.Push(Machine("cache", server), build.LockFile, withLayers: false, CancellationToken.None);
        ChangeLock(artifact => artifact["digest"] = Key("another"));
        ExchangedArtifact pulled = CacheExchange.Pull(
            Machine("near", server),
            build.LockFile,
            withLayers: false,
            CancellationToken.None).Single();
        (pulled.IsThere, pulled.PerplexitiesThere).ShouldBe((false, 2));
        Codes.ShouldBe(["SLM4024"]);
        Warnings[0].Message.ShouldContain("other files than were locked");
    }

    [Fact]
    public void Bytes_that_another_has_put_under_a_digest_are_not_sent_with_a_checksum_that_fits_them()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        (string file, string other) = (WriteFile("file", 1000, seed: 1), WriteFile("other", 1000, seed: 2));
        BuildCache cache = Machine("cache", server);
        Put(Open(), "other", other);
        Put(Open(), "a", file);
        CachedFile forged = Open().Peek(Key("a"))!.Files[0] with
        {
            Checksum = Open().Peek(Key("other"))!.Files[0]
            .Checksum
        };
        File.Copy(other, BlobPath(file), overwrite: true);
        File.WriteAllBytes(EntryPath("a"), CacheEntryFile.Write(Open().Peek(Key("a"))! with { Files = [forged] }));
        cache.TryPush(Key("a"), CancellationToken.None).ShouldBeFalse();
        server.Files.ShouldBeEmpty();
        Codes.ShouldBe(["SLM4020"]);
    }

    private BuildCache Machine(string name, CacheFlakyServer server)
        => BuildCache.Open(Temp[name], new RemoteCacheOptions(server.Address, CanWrite: true, null), Warn);

    private void Forget(string key) => File.Delete(Path.Combine(Root, "ac", key));

    private void RemoveArtifact() => Directory.Delete(build.Artifact, recursive: true);

    /// <summary>As if the artifact had been measured on another text.</summary>
    private void ChangeWhatWasMeasured()
    {
        ArtifactManifest manifest = ArtifactManifest.TryRead(build.Artifact)!;
        (manifest with
        {
            Perplexity = new Dictionary<string, PerplexityReport>
            {
                ["prose"] = manifest.Perplexity["prose"] with { Key = "another" }
            }
        }).Write(build.Artifact);
    }

    private void ChangeLock(Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(RegularFile.ReadAllBytes(build.LockFile, int.MaxValue))!;
        change(json["artifacts"]!["a"]!);
        File.WriteAllText(build.LockFile, json.ToJsonString());
    }

    private sealed class Notices(List<Diagnostic> notices) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is Notice { Diagnostic: var diagnostic })
            {
                notices.Add(diagnostic);
            }
        }
    }
}
