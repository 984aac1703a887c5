using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Units;

/// <summary>How far a unit is: a small file that the process writes which works on it, and that others watch. It
/// informs people, and decides nothing: that a unit is done is to be seen in the cache.</summary>
/// <param name="Key">The unit's key, as the process computed it; empty where it failed before it could.</param>
/// <param name="State">What has become of it.</param>
/// <param name="Host">Where the process runs.</param>
/// <param name="Step">What it does, for people.</param>
/// <param name="LayersDone">Decoder layers that are finished.</param>
/// <param name="Failures">Why it failed.</param>
internal sealed record UnitStatus(
    string Key,
    UnitState State,
    string Host,
    string Step,
    int LayersDone,
    IReadOnlyList<UnitFailure> Failures) : IJsonOnDeserialized
{
    private const int MaximumLength = 1 << 16;

    /// <summary>That of a process which could not even begin.</summary>
    public static UnitStatus OfFailedStart(IEnumerable<Diagnostic> errors) => new(
        "",
        UnitState.Failed,
        Environment.MachineName,
        "",
        0,
        [.. errors.Select(UnitFailure.Of)]);

    /// <summary>Reads a file; null where there is none, or where it cannot be read: it may come from a file system
    /// that shows half of it.</summary>
    public static UnitStatus? TryRead(string path)
    {
        try
        {
            return RecordJson.Read<UnitStatus>(RegularFile.ReadAllBytes(path, MaximumLength, followLink: false));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the file, whole.</summary>
    /// <returns>False where that does not work, which stops no unit.</returns>
    public bool TryWrite(string path)
    {
        try
        {
            WholeFile.Write(path, RecordJson.Write(this));
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(
        Enum.IsDefined(State) && LayersDone >= 0
            && (Sha256Text.IsValid(Key) || (Key.Length == 0 && State == UnitState.Failed)),
        "it is not the status of a unit");
}
