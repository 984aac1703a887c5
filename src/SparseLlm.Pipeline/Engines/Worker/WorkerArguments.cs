using SparseLlm.Numerics;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The command line of a worker: what it has to know before it can say who it is.</summary>
/// <param name="Answers">The handle of the pipe for its answers. Standard output is free for whatever libraries
/// print.</param>
/// <param name="Precision">How products in single precision are computed.</param>
/// <param name="Devices">The GPUs to compute with.</param>
internal sealed record WorkerArguments(string Answers, Precision Precision, DeviceNumbers Devices)
{
    private const string AnswersOption = "--answers";
    private const string PrecisionOption = "--precision";
    private const string DevicesOption = "--devices";

    /// <summary>The arguments one by one.</summary>
    public IReadOnlyList<string> Line
        => [AnswersOption, Answers, PrecisionOption, Precision.ToString(), DevicesOption, Devices.ToString()];

    /// <summary>What arguments say; null if they are none of a worker.</summary>
    public static WorkerArguments? Parse(string[] args) =>
        args is [AnswersOption, var answers, PrecisionOption, var name, DevicesOption, var numbers]
        && Enum.TryParse(name, out Precision precision)
        && DeviceNumbers.Parse(numbers) is { } devices
            ? new WorkerArguments(answers, precision, devices)
            : null;
}
