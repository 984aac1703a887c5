namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>What the tool says to a worker, one JSON object on a line of its standard input. The end of the input ends the worker.</summary>
internal abstract record WorkerRequest;

/// <summary>The first request.</summary>
/// <param name="Cache">The folder of the cache, or <c>off</c>.</param>
internal sealed record Begin(string Cache) : WorkerRequest;

/// <summary>Prune; <see cref="Pruned"/> is the answer.</summary>
/// <param name="Job">What.</param>
internal sealed record Prune(PruneJob Job) : WorkerRequest;

/// <summary>Measure perplexity; <see cref="Measured"/> is the answer.</summary>
/// <param name="Job">What.</param>
internal sealed record Measure(MeasureJob Job) : WorkerRequest;

/// <summary>Stop what is being done; <see cref="Cancelled"/> is the answer to that, unless it was done by then.</summary>
internal sealed record Cancel : WorkerRequest;
