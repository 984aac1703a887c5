using System.Text;
using System.Text.Json;
using SparseLlm.Files;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Hub.Listing;

namespace SparseLlm.Fuzz.Targets;

/// <summary>A page of files, as a server can send it: what is taken from it lies in the snapshot's folder.</summary>
internal sealed class HubListTarget : FuzzTarget
{
    private const string Page = """
        [{"type":"directory","oid":"0000000000000000000000000000000000000000","size":0,"path":"en"},
        {"type":"file","oid":"57d7b74741747c7631c9d194e8997637e3bde071","size":662,"path":"config.json"},
        {"type":"file","oid":"69b9b1c0ce208125c4c4583ee07531920b981fab","size":472,"lfs":{"oid":"bad9909fa0f6520dfb5c4b34cbe79810ae60f2406bdf3f6b928181b7d0885923","size":472,"pointerSize":132},"path":"en/model.safetensors"}]
        """;

    public override string Name => "hub-list";

    public override IReadOnlyList<Sample> Samples { get; } = [new(Encoding.UTF8.GetBytes(Page))];

    public override bool Read(byte[] input, string folder)
    {
        var listing = new HubListing();
        try
        {
            using JsonDocument page = ForeignJson.Parse(input);
            listing.AddPage(page.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }

        return listing.Files.All(file => Path.GetFullPath(Path.Combine(folder, file.Path))
            .StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) && file.Size >= 0)
            ? true
            : throw new NotSupportedException("a file lies outside");
    }
}
