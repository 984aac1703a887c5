using SparseLlm.Files;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>pruning.lock.json</c>, compared with what it locks.</summary>
internal sealed class LockFileTarget : FuzzTarget
{
    private readonly Lazy<IReadOnlyList<Sample>> samples = new(() =>
        [new Sample(RecordJson.Write(
            new LockFile(new Dictionary<string, LockedArtifact> { ["a"] = LockedArtifact.Of(Built.Manifest) })))]);

    public override string Name => "lock";

    public override IReadOnlyList<Sample> Samples => samples.Value;

    public override bool Read(byte[] input, string folder)
    {
        string path = Write(folder, "pruning.lock.json", input);
        LockFile file = LockFile.Read(path)!;
        foreach (LockedArtifact artifact in file.Artifacts.Values)
        {
            InputComparison.Compare(artifact.Inputs, Built.Manifest.Inputs);
        }

        file.Write(path);
        return true;
    }
}
