using System.Globalization;
using SparseLlm.Diagnostics;

namespace SparseLlm.Hub;

/// <summary>What a user is told while the work goes on; each thing once.</summary>
internal sealed class Notices(Action<Diagnostic> report)
{
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly HashSet<string> said = [];

    /// <summary>A repository has another name now.</summary>
    public void Renamed(HubAddress address, HubAddress now) =>
        Once(HubDiagnostics.Renamed, $"{address}: the hub knows this repository by another name now; write {now}");

    /// <summary>Another process has the file.</summary>
    public void Waiting(HubAddress address, string path) =>
        Once(HubDiagnostics.Waiting, $"{address}: another process downloads '{path}'; waiting for it");

    /// <summary>A file has another digest.</summary>
    public void DamagedOnce(HubAddress address, string path, string problem) =>
        Once(
            HubDiagnostics.DamagedOnce,
            $"{address}: '{path}' has not come as the hub lists it ({problem}); it is deleted and fetched again");

    /// <summary>The hub wants to be left alone for a while.</summary>
    public void HubAsksToWait(TimeSpan wait)
    {
        if (wait >= Noticeable)
        {
            Once(HubDiagnostics.Paused,
                string.Create(CultureInfo.InvariantCulture, $"the hub has had too many requests, or has too "
                + $"much to do: it asks to wait for {wait.TotalSeconds:0} seconds; the work goes on then"));
        }
    }

    /// <summary>Nothing comes any more.</summary>
    public void Stalled(TimeSpan patience) =>
        Once(HubDiagnostics.Stalled,
            string.Create(CultureInfo.InvariantCulture, $"the hub, or the network, has sent next to nothing "
            + $"for {patience.TotalSeconds:0} seconds; trying again from where it stopped"));

    private void Once(DiagnosticDescriptor descriptor, string message)
    {
        lock (gate)
        {
            if (said.Add(message))
            {
                report(descriptor.At(null, message));
            }
        }
    }
}
