using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Requests;

/// <summary>Files that an artifact is stored as beside what was computed: packed ones, or a GGUF file.</summary>
/// <param name="Key">Their key in the cache.</param>
/// <param name="Digest">The digest of the file, or one for all of them.</param>
internal sealed record LockedFiles(string Key, string Digest) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            Sha256Text.IsValid(Key) && Sha256Text.IsValid(Digest),
            "files in it have something else than digests for key and digest");
}
