using SparseLlm.Files;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Engines.Installed;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>engine.json</c> of an installed engine.</summary>
internal sealed class EngineMarkerTarget : FuzzTarget
{
    public override string Name => "engine";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        new Sample(RecordJson.WriteIndented(new InstalledEngine
        {
            Name = "cuda", Version = "1.0.0", Tool = "0.1.0", Assembly = "a.dll", NumericsClass = "torch-cuda/1",
            OtherNumericsClasses = new Dictionary<string, string>
            {
                ["fast"] = "torch-cuda-fast/1"
            }, Description = "a device", InstalledAt = DateTimeOffset.UnixEpoch,
        })),
    ];

    public override bool Read(byte[] input, string folder)
    {
        string place = Path.Combine(folder, "cuda", "1.0.0+0.1.0");
        Directory.CreateDirectory(place);
        Write(place, InstalledEngine.FileName, input);
        return InstalledEngine.TryRead(place) is not null;
    }
}
