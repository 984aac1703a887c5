using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Tests;

/// <summary>
/// Whatever a file says that may have been elsewhere: it is refused in one way, or everything that is done with it
/// works. Each property is tried on the same documents every time (the seeds are in the attributes); another seed and a
/// larger MaxTest look further.
/// </summary>
[Properties(Arbitrary = [typeof(JsonGenerators)], QuietOnSuccess = true)]
public sealed class Decoding(CacheForgedEntries.Built built) : IClassFixture<CacheForgedEntries.Built>
{
    private const int Cases = 200;

    private static readonly string Key = new('a', 64);

    [Property(MaxTest = Cases, Replay = "(1111,1)")]
    public void Any_entry_at_all(AnyDocument content) => ShouldDecode(Key, content.Text);

    [Property(MaxTest = Cases, Replay = "(2222,1)")]
    public void An_artifacts_entry_with_changes(JsonChange[] changes) => ShouldDecode("artifact", changes);

    [Property(MaxTest = Cases, Replay = "(3333,1)")]
    public void A_layers_entry_with_changes(JsonChange[] changes) => ShouldDecode("layer", changes);

    [Property(MaxTest = Cases, Replay = "(4444,1)")]
    public void A_budgets_entry_with_changes(JsonChange[] changes) => ShouldDecode("allocation", changes);

    [Property(MaxTest = Cases, Replay = "(4545,1)")]
    public void An_entry_of_experts_with_changes(JsonChange[] changes) => ShouldDecode("experts", changes);

    [Property(MaxTest = Cases, Replay = "(5555,1)")]
    public void A_perplexitys_entry_with_changes(JsonChange[] changes) => ShouldDecode("perplexity", changes);

    [Property(MaxTest = Cases, Replay = "(6666,1)")]
    public void An_entry_with_other_bytes(int place, byte value, int length)
    {
        (string path, JsonNode entry) = built.EntriesOf("artifact").First();
        byte[] bytes = Encoding.UTF8.GetBytes(entry.ToJsonString());
        bytes[(int)((uint)place % bytes.Length)] = value;
        Decoded(() => CacheEntryFile.Read(
            path["/ac/".Length..],
            bytes[..(length % 2 == 0 ? bytes.Length : (int)((uint)length % bytes.Length))]));
    }

    [Property(MaxTest = Cases, Replay = "(7777,1)")]
    public void A_manifest_with_changes(JsonChange[] changes)
    {
        ArtifactManifest valid = Manifest();
        if (Decoded(
            () => Read<ArtifactManifest>(JsonChange.Apply(JsonNode.Parse(RecordJson.Write(valid))!, changes)))
                is { } manifest)
        {
            Use(manifest, valid);
        }
    }

    [Property(MaxTest = Cases, Replay = "(8888,1)")]
    public void A_lock_file_with_changes(JsonChange[] changes)
    {
        var valid = new LockFile(new Dictionary<string, LockedArtifact> { ["a"] = LockedArtifact.Of(Manifest()) });
        if (Decoded(
            () => Read<LockFile>(JsonChange.Apply(JsonNode.Parse(RecordJson.Write(valid))!, changes))) is { } file)
        {
            RecordJson.WriteIndented(file).ShouldNotBeEmpty();
            foreach (LockedArtifact artifact in file.Artifacts.Values)
            {
                InputComparison.Compare(artifact.Inputs, valid.Artifacts["a"].Inputs).ShouldNotBeNull();
                artifact.Layers.ShouldAllBe(layer => layer.Length >= 0);
            }
        }
    }

    [Property(MaxTest = Cases, Replay = "(9999,1)")]
    public void A_memo_with_changes(JsonChange[] changes)
    {
        var valid = new FileDigestMemo(
            "/file",
            new FileStamp(1, 2, 3, 4),
            Key,
            new Dictionary<string, string> { ["tensor"] = Key });
        byte[] bytes = Seal(Key, JsonChange.Apply(JsonNode.Parse(RecordJson.Write(valid))!, changes));
        if (Decoded(() => SealedJson.Read<FileDigestMemo>(Key, bytes)) is { } memo)
        {
            Sha256Text.IsValid(memo.Digest).ShouldBeTrue();
            (memo.Tensors ?? new Dictionary<string, string>()).ShouldAllBe(tensor => Sha256Text.IsValid(tensor.Value));
            (memo == valid).ShouldBeOneOf(true, false);
        }
    }

    [Property(MaxTest = Cases, Replay = "(1234,1)")]
    public void An_engines_marker_with_changes(JsonChange[] changes)
    {
        var valid = new InstalledEngine
        {
            Name = "cuda",
            Version = "1.0.0",
            Tool = "0.1.0",
            Assembly = "a.dll",
            InstalledAt = DateTimeOffset.UnixEpoch
        };
        if (Decoded(
            () => Read<InstalledEngine>(JsonChange.Apply(JsonNode.Parse(RecordJson.Write(valid))!, changes)))
                is { } engine)
        {
            engine.FolderName.ShouldBe($"{engine.Version}+{engine.Tool}");
            RecordJson.WriteIndented(engine).ShouldNotBeEmpty();
        }
    }

    private void ShouldDecode(string kind, JsonChange[] changes)
    {
        (string path, JsonNode entry) = built.EntriesOf(kind).First();
        ShouldDecode(path["/ac/".Length..], JsonChange.Apply(entry["content"]!, changes));
    }

    private static void ShouldDecode(string key, string content)
    {
        if (Decoded(() => CacheEntryFile.Read(key, Seal(key, content))) is not { } entry)
        {
            return;
        }

        entry.Size.ShouldBeGreaterThanOrEqualTo(0);
        entry.Files.ShouldAllBe(file => Path.GetFullPath(Path.Combine("/folder", file.Name))
            .StartsWith("/folder/", StringComparison.Ordinal));
        CacheEntryFile.Read(key, CacheEntryFile.Write(entry)).Files.ShouldBe(entry.Files);
        if (Decoded(() => entry.MetadataAs<ArtifactManifest>(entry.Kind)) is { } manifest)
        {
            Use(manifest, manifest);
        }

        if (Decoded(() => entry.MetadataAs<LayerStep.Report>(entry.Kind)) is { } layer)
        {
            layer.Linears.Select(linear => linear.Sparsity).ShouldAllBe(sparsity => sparsity >= 0 && sparsity <= 1);
            layer.Tensors.Select(name => name.Length).Sum().ShouldBeGreaterThanOrEqualTo(0);
        }

        Decoded(() => entry.MetadataAs<AllocationStep>(entry.Kind))?.Sparsities.Values
            .ShouldAllBe(sparsity => sparsity >= 0 && sparsity <= 1);
        Decoded(() => entry.MetadataAs<ExpertsStep>(entry.Kind))?.Kept
            .ShouldAllBe(kept => kept == null || kept.All(place => place >= 0));
        if (Decoded(() => entry.MetadataAs<Perplexity>(entry.Kind)) is { } perplexity)
        {
            double.IsFinite(perplexity.Value / perplexity.Windows).ShouldBeTrue();
        }
    }

    /// <summary>Everything that is done with a manifest.</summary>
    private static void Use(ArtifactManifest manifest, ArtifactManifest before)
    {
        GateResult[] gates = [];
        ArtifactSummary.Format(manifest, gates).ShouldNotBeEmpty();
        ArtifactPage.Render(manifest, gates).ShouldNotBeEmpty();
        SparseLlm.Pipeline.Reports.Sections.SweepSection.Of([manifest, before]).ShouldNotBeNull();
        RecordJson.WriteIndented(manifest).ShouldNotBeEmpty();
        LockedArtifact.Of(manifest).Stored.Digest.ShouldNotBeNull();
        ArtifactFiles.Of(manifest).ShouldAllBe(name => name.Length >= 0);
        InputComparison.Compare(before.Inputs, manifest.Inputs).ShouldNotBeNull();
        InputComparison.Compare(manifest.Inputs, before.Inputs).ShouldNotBeNull();
    }

    /// <summary>A manifest in which nothing is left out.</summary>
    private ArtifactManifest Manifest()
    {
        (string path, JsonNode entry) = built.EntriesOf("artifact").First();
        ArtifactManifest manifest = CacheEntryFile.Read(
            path["/ac/".Length..],
            Encoding.UTF8.GetBytes(entry.ToJsonString())).MetadataAs<ArtifactManifest>("artifact");
        return manifest with
        {
            Tensors = [.. manifest.Tensors.Take(5).Select(tensor => tensor with { RelativeError = 0.25 })],
            Sweeps = [new SweepReport(0, 4, 3, 0.25, 0.125)],
            Guards = [new GuardReport(0, "sparsegpt", 0.5, null, true)],
            Experts = [[0, 2], null],
            OtherChanges = [new ChangedTensor("model.norm.weight", [8], 0.5)],
            Fallbacks = ["layer 2: the damping was raised"],
            Perplexity = new Dictionary<string, PerplexityReport>
            {
                ["prose"] = new(20, 25, 2560, 20, "key") { Files = [new FileProvenance("text.txt", Key)] }
            },
            Encoding = CheckpointEncoding.Sparse,
            PackedDigest = Key,
            Size = new SizeReport(2000, 1000)
            {
                Compressed = new CompressedSize(500, 0.5),
                Packed = new PackedSize(600, 9.25, 16)
            },
            Speed = new SpeedReport(41.25, 63.5, 2, "avx2"),
        };
    }

    /// <summary>What comes out of reading; null where it is refused, which is done by one exception for JSON and one
    /// for files of the cache.</summary>
    private static T? Decoded<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            return null;
        }
    }

    private static T Read<T>(string json)
        where T : class => RecordJson.Read<T>(Encoding.UTF8.GetBytes(json));

    private static byte[] Seal(string key, string content)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        return Encoding.UTF8
            .GetBytes($$"""{"formatVersion":1,"key":"{{key}}","digest":"{{digest}}","content":{{content}}}""");
    }
}
