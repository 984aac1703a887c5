using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Fuzz.Targets;

/// <summary>Lines that a tool and the worker of an engine write to each other.</summary>
/// <typeparam name="T">What one side says.</typeparam>
/// <param name="name">The name of the reader.</param>
/// <param name="messages">Something that it says.</param>
internal sealed class WorkerTarget<T>(string name, params T[] messages) : FuzzTarget
    where T : class
{
    public override string Name => name;

    public override IReadOnlyList<Sample> Samples { get; }
        = [.. messages.Select(message => Sample.Of(WorkerProtocol.Write(message) + "\n"))];

    public override bool Read(byte[] input, string folder)
    {
        var lines = new LineReader(new MemoryStream(input), WorkerProtocol.LongestLine);
        while (WorkerProtocol.Read<T>(lines) is { } message)
        {
            WorkerProtocol.Write(message);
        }

        return true;
    }
}
