using System.Text;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Hub;
using SparseLlm.Hub.Cache;

namespace SparseLlm.Fuzz.Targets;

/// <summary>An address on the hub, as somebody types it: what is read is printed as an address of the same, and its
/// folder in a cache is in the cache.</summary>
internal sealed class HubAddressTarget : FuzzTarget
{
    private static readonly string[] Texts =
    [
        "hf://Qwen/Qwen3-0.6B", "hf://gpt2@refs/pr/1", "hf://a/b@x%2Fy", "hf://datasets/allenai/c4@v1/en/**/*.gz",
        "hf://datasets/a/b/c d.txt@refs/convert/parquet",
        "https://huggingface.co/datasets/a/b/blob/main/c%20d.txt?x#y",
    ];

    public override string Name => "address";

    public override IReadOnlyList<Sample> Samples { get; }
        = [.. Texts.Select(text => new Sample(Encoding.UTF8.GetBytes(text)))];

    public override bool Read(byte[] input, string folder)
    {
        string text = Encoding.UTF8.GetString(input);
        HubAddress? address = HubAddress.TryParse(text, out string problem) ?? HubAddress.OfPage(text);
        if (address is null)
        {
            return problem.Length == 0
                ? throw new NotSupportedException("there is neither an address nor a problem")
                : false;
        }

        var place = new HubRepositoryFolder(folder, address);
        bool isInside = ((string[])[place.Root, place.Ref(address.Revision)]).All(
            path => Path.GetFullPath(path) == path && path.StartsWith(folder, StringComparison.Ordinal));
        return HubAddress.TryParse(address.ToString(), out _) == address && isInside
            ? true
            : throw new NotSupportedException($"'{address}' is not read as it is printed, or leads out of the cache");
    }
}
