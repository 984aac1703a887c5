using SparseLlm.Files;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Reports;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>pruning.json</c>, and what is written of it elsewhere.</summary>
internal sealed class ManifestTarget : FuzzTarget
{
    private readonly Lazy<IReadOnlyList<Sample>> samples = new(() => [new Sample(RecordJson.Write(Built.Manifest))]);

    public override string Name => "manifest";

    public override IReadOnlyList<Sample> Samples => samples.Value;

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, ArtifactManifest.FileName, input);
        if (ArtifactManifest.TryRead(folder) is not { } manifest)
        {
            return false;
        }

        ArtifactSummary.Format(manifest, []);
        LockedArtifact.Of(manifest);
        manifest.Write(folder);
        return true;
    }
}
