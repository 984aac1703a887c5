using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Holds a locked build against the lock file of its recipe.</summary>
internal sealed class LockCheck(LockFile? file, string path)
{
    private const string Unlock = "undo that, or build once without --locked and commit the new lock file";

    /// <summary>What has moved since the artifact was locked, before it is made; none if nothing has.</summary>
    /// <param name="artifact">The artifact's recipe.</param>
    /// <param name="inputs">What decides its bits now.</param>
    public IEnumerable<Diagnostic> Inputs(ArtifactRecipe artifact, ArtifactInputs inputs)
    {
        if (file?.Artifacts.GetValueOrDefault(artifact.Name) is not { } locked)
        {
            string problem = file is null ? "there is no lock file" : $"the lock file does not know '{artifact.Name}'";
            return [PipelineDiagnostics.LockMissing.At(
                new SourceLocation(path), $"{problem}; build once without --locked and commit {Path.GetFileName(path)}")];
        }

        IReadOnlyList<InputChange> changes = InputComparison.Compare(locked.Inputs, inputs, artifact);
        return changes.Count == 0
            ? []
            : [PipelineDiagnostics.LockMoved.At(
                artifact.Location, $"'{artifact.Name}' is locked, but {string.Join("; ", changes)}; {Unlock}")];
    }

    /// <summary>How an artifact came out otherwise than it was locked; null if it did not.</summary>
    /// <param name="artifact">The artifact's recipe.</param>
    /// <param name="manifest">The artifact.</param>
    public Diagnostic? Result(ArtifactRecipe artifact, ArtifactManifest manifest) =>
        file!.Artifacts[artifact.Name].Digest == manifest.Digest
            ? null
            : PipelineDiagnostics.LockMoved.At(
                artifact.Location,
                $"'{artifact.Name}' is locked, but the same inputs gave other files: digest {file.Artifacts[artifact.Name].Digest} -> {manifest.Digest}; "
                + "build it on the machine that wrote the lock file, and report this as a defect if the difference stays");
}
