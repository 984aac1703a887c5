using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Tests;

/// <summary>
/// A remote cache whose entries are whole by their digests and wrong in what they say. A build with it ends as it would
/// without, and says why it computed what it might have taken.
/// </summary>
public sealed class CacheForgedEntries(CacheForgedEntries.Built built) :
    CacheTest,
    IClassFixture<CacheForgedEntries.Built>
{
    /// <summary>A kind of entry, and what is put in the place of a part of it; <c>-</c> takes the part away.</summary>
    public static TheoryData<string, string, string> Forgeries => new()
    {
        { "artifact", "files", "[null]" },
        { "artifact", "files", "[]" },
        { "artifact", "files/0", "-" },
        { "artifact", "files/0/length", "100000000000000000" },
        { "artifact", "files/0/length", "9223372036854775807" },
        { "artifact", "files/0/length", "-1" },
        { "artifact", "files/0/name", "\"../evil\"" },
        { "artifact", "files/0/name", "\"model.safetensors/evil\"" },
        { "artifact", "files/0/name", $"\"{new string('a', 300)}\"" },
        { "artifact", "files/0/digest", "null" },
        { "artifact", "files/0/checksum", "\"short\"" },
        { "artifact", "kind", "\"layer\"" },
        { "artifact", "kind", "null" },
        { "artifact", "metadata", "null" },
        { "artifact", "metadata", "-" },
        { "artifact", "metadata", "[]" },
        { "artifact", "metadata/formatVersion", "3" },
        { "artifact", "metadata/key", "\"\"" },
        { "artifact", "metadata/digest", "\"\"" },
        { "artifact", "metadata/tensors", "[null]" },
        { "artifact", "metadata/tensors/0/name", "\"other\"" },
        { "artifact", "metadata/tensors/0/name", "-" },
        { "artifact", "metadata/tensors/0/shape", "[]" },
        { "artifact", "metadata/tensors/0/shape", "[2147483647,2147483647,2147483647]" },
        { "artifact", "metadata/tensors/0/shape", "[0,5]" },
        { "artifact", "metadata/tensors/0/sparsity", "1e999" },
        { "artifact", "metadata/tensors/0/relativeError", "-1" },
        { "artifact", "metadata/tensors/0/mask/rows", "0" },
        { "artifact", "metadata/tensors/0/mask/cells", "\"\"" },
        { "artifact", "metadata/otherChanges", "[null]" },
        { "artifact", "metadata/otherChanges", "[{\"name\":\"unknown\",\"shape\":[1]}]" },
        { "artifact", "metadata/otherChanges", "[{\"name\":\"model.norm.weight\",\"shape\":[1]}]" },
        { "artifact", "metadata/otherChanges", "[{\"name\":\"model.norm.weight\",\"shape\":[0]}]" },
        { "artifact", "origin", "[]" },
        { "artifact", "origin/model", "null" },
        { "artifact", "metadata/inputs/layers/0/patterns", "null" },
        { "artifact", "metadata/inputs/model", "{\"config.json\":null}" },
        { "artifact", "metadata/inputs/calibration", "null" },
        { "artifact", "metadata/sparsity", "2" },
        { "artifact", "metadata/seconds", "-1" },
        { "artifact", "metadata/fallbacks", "[null]" },
        { "layer", "files", "[]" },
        { "layer", "files/0/length", "0" },
        { "layer", "files/0/name", "\"other\"" },
        { "layer", "metadata/index", "7" },
        { "layer", "metadata/tensors/0", "\"unknown\"" },
        { "layer", "metadata/tensors/0", "\"model.layers.0.self_attn.k_proj.weight\"" },
        { "layer", "metadata/tensors", "[]" },
        { "layer", "metadata/linears", "[null]" },
        { "layer", "metadata/linears/0/name", "\"unknown\"" },
        { "layer", "metadata/linears/0/rows", "1" },
        { "layer", "metadata/linears/0/zeros", "9223372036854775807" },
        { "layer", "metadata/fallbacks", "null" },
        { "allocation", "metadata/sparsities", "null" },
        { "allocation", "metadata/sparsities/model.layers.0.self_attn.q_proj.weight", "1.5" },
        { "allocation", "metadata/sparsities/model.layers.0.self_attn.q_proj.weight", "null" },
        { "experts", "kind", "\"layer\"" },
        { "experts", "metadata", "null" },
        { "experts", "metadata/kept", "null" },
        { "experts", "metadata/kept", "[]" },
        { "experts", "metadata/kept/0", "-" },
        { "experts", "metadata/kept/0", "null" },
        { "experts", "metadata/kept/0", "[0]" },
        { "experts", "metadata/kept/0", "[0,1,2]" },
        { "experts", "metadata/kept/0", "[1,0]" },
        { "experts", "metadata/kept/0", "[1,1]" },
        { "experts", "metadata/kept/0", "[0,4]" },
        { "experts", "metadata/kept/0", "[-1,0]" },
        { "experts", "metadata/kept/0", "[0,9223372036854775807]" },
        { "experts", "metadata/kept/0/0", "null" },
        { "perplexity", "metadata/value", "1e999" },
        { "perplexity", "metadata/value", "0" },
        { "perplexity", "metadata/value", "-" },
        { "perplexity", "metadata/tokens", "0" },
        { "perplexity", "metadata", "null" },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void It_is_a_warning_and_a_miss_before_any_bytes_are_fetched(string kind, string place, string forged)
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        Serve(server, kind, place, forged);
        (string path, JsonNode _) = built.EntriesOf(kind).First();
        IsTaken(kind, path["/ac/".Length..], Elsewhere(server)).ShouldBeFalse();
        Codes.ShouldBe(["SLM4024"]);
        server.Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData("artifact")]
    [InlineData("layer")]
    [InlineData("allocation")]
    [InlineData("experts")]
    [InlineData("perplexity")]
    public void What_is_not_forged_is_taken(string kind)
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        Serve(server, kind, "description", "\"another\"");
        (string path, JsonNode _) = built.EntriesOf(kind).First();
        IsTaken(kind, path["/ac/".Length..], Elsewhere(server)).ShouldBeTrue();
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("artifact", "metadata/tensors", "[null]", nameof(ArtifactOrigin.Pruned))]
    [InlineData("layer", "metadata/linears", "[null]", nameof(ArtifactOrigin.Pruned))]
    [InlineData("allocation", "metadata/sparsities", "null", nameof(ArtifactOrigin.Pruned))]
    [InlineData("experts", "metadata/kept/1", "[3,2]", nameof(ArtifactOrigin.Pruned))]
    [InlineData("perplexity", "metadata/value", "0", nameof(ArtifactOrigin.Cache))]
    public void A_build_with_it_ends_as_without(string kind, string place, string forged, string origin)
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        Serve(server, kind, place, forged);
        if (kind is "layer" or "allocation" or "experts")
        {
            // Else the artifact is taken whole.
            built.EntriesOf("artifact").ToList().ForEach(artifact => server.Files.Remove(artifact.Path));
        }

        (SmallBuild build, string digest) = kind == "experts"
            ? (SmallBuild.OfExperts(Temp), built.DigestOfExperts)
            : (new SmallBuild(Temp), built.Digest);
        ArtifactOutcome outcome = build.Run(Elsewhere(server));
        (outcome.Origin.ToString(), outcome.Manifest.Digest).ShouldBe((origin, digest));
        Codes.Distinct().ShouldBe(["SLM4024"]);
        Directory.EnumerateFileSystemEntries(Path.Combine(Temp["elsewhere"], "tmp")).ShouldBeEmpty();
    }

    [Fact]
    public void An_entry_that_was_pulled_unseen_is_found_out_when_it_is_used()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        Serve(server, "perplexity", "metadata", "null");
        string key = built.EntriesOf("perplexity").First().Path["/ac/".Length..];
        Elsewhere(server).TryPull(key, _ => { }, CancellationToken.None).ShouldBeTrue();
        IsTaken("perplexity", key, Elsewhere(null)).ShouldBeFalse();
        Codes.ShouldBe(["SLM4020"]);
        File.Exists(Path.Combine(Temp["elsewhere"], "ac", key)).ShouldBeFalse();
    }

    /// <summary>Whether a step takes an entry as its own.</summary>
    private bool IsTaken(string kind, string key, BuildCache cache)
    {
        var plan = new SparsityPlan(new SparsityPattern.Unstructured(0.5), []);
        using var backend = new CpuBackend();
        using DecoderModel model = DecoderModel.Open(ShallowModel.Of("tiny-llama"), backend);
        return kind switch
        {
            "artifact" => cache.TryGet(
                key,
                entry => CachedArtifact.Read(entry, new DenseModel(model.Directory, backend.NumericsClass, cache)))
                    is not null,
            "layer" => new LayerStep(cache, model).Load(
                key,
                model.Definition.Layers[0],
                Spread(plan, model.Definition),
                CancellationToken.None) is not null,
            "allocation" => cache.TryGet(key, entry => AllocationStep.Read(entry, plan, model.Definition)) is not null,
            "experts" => cache.TryGet(
                key,
                entry => ExpertsStep.Read(entry, DecoderModel.ReadDefinition(Repository.Family("mixtral")), 0.5))
                    is not null,
            _ => cache.TryGet(key, entry => entry.MetadataAs<Perplexity>(kind)) is not null,
        };
    }

    /// <summary>The plan with the budget as the build has spread it.</summary>
    private SparsityPlan Spread(SparsityPlan plan, ModelDefinition definition)
    {
        (string path, JsonNode entry) = built.EntriesOf("allocation").First();
        return AllocationStep.Read(
            CacheEntryFile.Read(path["/ac/".Length..], Encoding.UTF8.GetBytes(entry.ToJsonString())),
            plan,
            definition).Apply(plan);
    }

    private BuildCache Elsewhere(CacheFlakyServer? server) =>
        BuildCache.Open(
            Temp["elsewhere"],
            server is null ? null : new RemoteCacheOptions(server.Address, CanWrite: false, null),
            Warn);

    /// <summary>Gives a server everything, with a part of all entries of a kind forged.</summary>
    private void Serve(CacheFlakyServer server, string kind, string place, string forged)
    {
        foreach ((string path, byte[] bytes) in built.Files)
        {
            server.Files[path] = bytes;
        }

        foreach ((string path, JsonNode entry) in built.EntriesOf(kind))
        {
            Forge(entry["content"]!, place.Split('/'), forged == "-" ? null : forged);
            server.Files[path] = Seal(entry);
        }
    }

    /// <summary>Puts something in the place of a part.</summary>
    private static void Forge(JsonNode node, ReadOnlySpan<string> place, string? forged)
    {
        if (place.Length > 1)
        {
            Forge((node is JsonArray list ? list[int.Parse(place[0])] : node[place[0]])!, place[1..], forged);
        }
        else if (node is JsonArray list)
        {
            list.RemoveAt(int.Parse(place[0]));
            if (forged is not null)
            {
                list.Insert(int.Parse(place[0]), JsonNode.Parse(forged));
            }
        }
        else if (forged is null)
        {
            node.AsObject().Remove(place[0]);
        }
        else
        {
            node[place[0]] = JsonNode.Parse(forged);
        }
    }

    /// <summary>An entry with the digest that its content has.</summary>
    private static byte[] Seal(JsonNode entry)
    {
        string content = entry["content"]!.ToJsonString();
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        return Encoding.UTF8.GetBytes($$"""{"formatVersion":1,"key":{{entry["key"]!.ToJsonString()}},"digest":"{{digest}}","content":{{content}}}""");
    }

    /// <summary>What two builds have left in their cache.</summary>
    public sealed class Built
    {
        public Built()
        {
            using var directory = new TempDirectory();
            string root = directory["cache"];
            Digest = new SmallBuild(directory).Run(BuildCache.Open(root, remote: null, _ => { })).Manifest.Digest;
            DigestOfExperts = SmallBuild.OfExperts(directory).Run(BuildCache.Open(root, remote: null, _ => { }))
                .Manifest
                .Digest;
            Files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .ToDictionary(path => "/" + Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllBytes);
        }

        /// <summary>The artifact's digest.</summary>
        public string Digest { get; }

        /// <summary>The digest of the artifact with fewer experts.</summary>
        public string DigestOfExperts { get; }

        /// <summary>The cache's files, by path with a slash before it.</summary>
        public Dictionary<string, byte[]> Files { get; }

        /// <summary>Its entries of a kind, those of the model without experts first; of layers, the first is
        /// first.</summary>
        public IEnumerable<(string Path, JsonNode Entry)> EntriesOf(string kind) => Files
            .Where(file => file.Key.StartsWith("/ac/", StringComparison.Ordinal))
            .Select(file => (file.Key, JsonNode.Parse(file.Value)!))
            .Where(entry => (string?)entry.Item2["content"]!["kind"] == kind)
            .OrderBy(entry => (string?)entry.Item2["content"]!["description"]);
    }
}
