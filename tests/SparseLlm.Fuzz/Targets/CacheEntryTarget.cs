using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SparseLlm.Files;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Fuzz.Targets;

/// <summary>An entry of a cache, as a server can forge it: the digest of what it says is always right.</summary>
internal sealed class CacheEntryTarget : FuzzTarget
{
    private static readonly string Key = new('a', 64);

    private readonly Lazy<IReadOnlyList<Sample>> samples = new(
        () => [.. Built.Entries.Select(entry => new Sample(Content(entry)))]);

    public override string Name => "entry";

    public override IReadOnlyList<Sample> Samples => samples.Value;

    public override bool Read(byte[] input, string folder)
    {
        byte[] digest = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(input)));
        CacheEntry entry = CacheEntryFile.Read(
            Key, [.. "{\"formatVersion\":1,\"key\":\""u8, .. Encoding.ASCII
                .GetBytes(Key), .. "\",\"digest\":\""u8, .. digest, .. "\",\"content\":"u8, .. input, .. "}"u8]);
        CacheEntryFile.Write(entry);
        return entry.Size >= 0 && entry.Kind switch
        {
            "artifact" => entry.MetadataAs<ArtifactManifest>(entry.Kind).Tensors.Count >= 0,
            "layer" => entry.MetadataAs<LayerStep.Report>(entry.Kind).Linears
                .All(linear => linear.Sparsity is >= 0 and <= 1),
            "allocation" => entry.MetadataAs<AllocationStep>(entry.Kind).Sparsities.Values.All(double.IsFinite),
            _ => double.IsFinite(entry.MetadataAs<Perplexity>(entry.Kind).Value),
        };
    }

    private static byte[] Content(CacheEntry entry)
    {
        using JsonDocument file = ForeignJson.Parse(CacheEntryFile.Write(entry));
        return Encoding.UTF8.GetBytes(file.RootElement.GetProperty("content").GetRawText());
    }
}
