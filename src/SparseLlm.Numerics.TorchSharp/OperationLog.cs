using System.Collections.Concurrent;

namespace SparseLlm.Numerics.TorchSharp;

/// <summary>
/// What a backend was asked for, and what that took: calls and time of each operation of the contract, and what went
/// between host and device. A device computes behind the host's back, so the time of an operation is that of the device
/// only where the log waits for it.
/// </summary>
/// <param name="waits">Whether the device is waited for at the end of every operation, so that its time is that
/// operation's.</param>
public sealed class OperationLog(bool waits = false)
{
    private readonly ConcurrentDictionary<string, OperationCost> operations = new();
    private readonly ConcurrentDictionary<string, OperationCost> transfers = new();

    /// <summary>Whether the device is waited for at the end of every operation.</summary>
    public bool Waits { get; } = waits;

    /// <summary>Calls and time by the name of the operation in <see cref="IBackend"/>.</summary>
    public IReadOnlyDictionary<string, OperationCost> Operations => operations;

    /// <summary>Copies from the host to the device.</summary>
    public OperationCost Uploads => Transfer(nameof(Uploads));

    /// <summary>Copies from the device to the host. The host waits for each.</summary>
    public OperationCost Downloads => Transfer(nameof(Downloads));

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        operations.Clear();
        transfers.Clear();
    }

    internal void Add(string operation, TimeSpan time) => Add(operations, operation, new OperationCost(1, time, 0));

    internal void AddUpload(long bytes) => Add(transfers, nameof(Uploads), new OperationCost(1, default, bytes));

    internal void AddDownload(long bytes) => Add(transfers, nameof(Downloads), new OperationCost(1, default, bytes));

    private static void Add(ConcurrentDictionary<string, OperationCost> costs, string name, OperationCost more) =>
        costs.AddOrUpdate(
            name,
            more,
            (_, cost) => new OperationCost(cost.Count + more.Count, cost.Time + more.Time, cost.Bytes + more.Bytes));

    private OperationCost Transfer(string direction) => transfers.GetValueOrDefault(direction);
}

/// <summary>What calls of one kind took.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Time">Time from their beginning to their end, on the host's clock.</param>
/// <param name="Bytes">Bytes that were copied.</param>
public readonly record struct OperationCost(long Count, TimeSpan Time, long Bytes);
