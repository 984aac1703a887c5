using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Executors;

/// <summary>Whoever waited for jobs stops, and the jobs go on.</summary>
/// <param name="Cancel">The command line that cancels them.</param>
internal sealed record JobsLeft(string Cancel) : BuildProgress;
