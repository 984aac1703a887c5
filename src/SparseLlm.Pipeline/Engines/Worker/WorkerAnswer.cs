using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>What a worker says to the tool, one JSON object on a line of the pipe between them.</summary>
internal abstract record WorkerAnswer;

/// <summary>The first line, unless the worker cannot start: who it is. Every version of the protocol begins with these two properties.</summary>
/// <param name="Protocol">The version of the protocol.</param>
/// <param name="Tool">The version of the libraries that the worker was made with, which is the tool's.</param>
internal sealed record Hello(int Protocol, string Tool) : WorkerAnswer
{
    /// <summary>What can change a bit of its results.</summary>
    public string NumericsClass { get; init; } = "";

    /// <summary>What it computes on, in words.</summary>
    public string Description { get; init; } = "";
}

/// <summary>Something happened meanwhile.</summary>
/// <param name="Value">What.</param>
internal sealed record Told(BuildProgress Value) : WorkerAnswer;

/// <summary>A prune is done.</summary>
/// <param name="Result">What came of it.</param>
internal sealed record Pruned(PruneResult Result) : WorkerAnswer;

/// <summary>A measurement is done.</summary>
/// <param name="Result">What came of it.</param>
internal sealed record Measured(Perplexity Result) : WorkerAnswer;

/// <summary>It cannot be done, for reasons that the user can act on.</summary>
/// <param name="Diagnostics">The reasons, as the built-in engine would give them.</param>
internal sealed record Refused(IReadOnlyList<Diagnostic> Diagnostics) : WorkerAnswer;

/// <summary>It was not done, and nobody expected that.</summary>
/// <param name="Message">What the exception says; its stack is on standard error.</param>
internal sealed record Failed(string Message) : WorkerAnswer;

/// <summary>It was cancelled.</summary>
internal sealed record Cancelled : WorkerAnswer;
