using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>What a worker says to the tool, one JSON object on a line of the pipe between them.</summary>
internal abstract record WorkerAnswer;

/// <summary>The first line, unless the worker cannot start: who it is. Every version of the protocol begins with these
/// two properties.</summary>
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

/// <summary>What became of a task. A reply to another is worth nothing, for its result would pass for that of this
/// one.</summary>
/// <param name="Number">The number of the task; 0 before there was one.</param>
internal abstract record WorkerReply(int Number) : WorkerAnswer;

/// <summary>A prune is done.</summary>
/// <param name="Number">The number of the task.</param>
/// <param name="Result">What came of it.</param>
internal sealed record Pruned(int Number, PruneResult Result) : WorkerReply(Number);

/// <summary>A measurement is done.</summary>
/// <param name="Number">The number of the task.</param>
/// <param name="Result">What came of it.</param>
internal sealed record Measured(int Number, Perplexity Result) : WorkerReply(Number);

/// <summary>It cannot be done, for reasons that the user can act on.</summary>
/// <param name="Number">The number of the task.</param>
/// <param name="Diagnostics">The reasons, as the built-in engine would give them; at least one is an error.</param>
internal sealed record Refused(int Number, IReadOnlyList<Diagnostic> Diagnostics) : WorkerReply(Number);

/// <summary>It was not done, and nobody expected that.</summary>
/// <param name="Number">The number of the task.</param>
/// <param name="Message">What the exception says; its stack is on standard error.</param>
internal sealed record Failed(int Number, string Message) : WorkerReply(Number);

/// <summary>It was cancelled.</summary>
/// <param name="Number">The number of the task.</param>
internal sealed record Cancelled(int Number) : WorkerReply(Number);
