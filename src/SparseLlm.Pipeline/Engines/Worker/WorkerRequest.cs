namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>What the tool says to a worker, one JSON object on a line of its standard input. The end of the input ends
/// the worker.</summary>
internal abstract record WorkerRequest;

/// <summary>The first request, and the one before a task with another cache than the one before it.</summary>
/// <param name="Cache">The folder of the cache, or <c>off</c>.</param>
internal sealed record Begin(string Cache) : WorkerRequest;

/// <summary>Something to do, to which there is one <see cref="WorkerReply"/>.</summary>
/// <param name="Number">A number of its own, which the reply repeats.</param>
internal abstract record WorkerTask(int Number) : WorkerRequest;

/// <summary>Prune; <see cref="Pruned"/> is the reply.</summary>
/// <param name="Number">A number of its own.</param>
/// <param name="Job">What.</param>
internal sealed record Prune(int Number, PruneJob Job) : WorkerTask(Number);

/// <summary>Measure perplexity; <see cref="Measured"/> is the reply.</summary>
/// <param name="Number">A number of its own.</param>
/// <param name="Job">What.</param>
internal sealed record Measure(int Number, MeasureJob Job) : WorkerTask(Number);

/// <summary>Stop what is being done; <see cref="Cancelled"/> is the reply then, unless it was done by that
/// time.</summary>
internal sealed record Cancel : WorkerRequest;
