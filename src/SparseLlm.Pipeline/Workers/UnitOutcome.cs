using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Workers;

/// <summary>What a worker has done about a unit.</summary>
/// <param name="Artifact">The name of its artifact.</param>
/// <param name="State">What has become of it.</param>
/// <param name="Errors">Why it failed.</param>
internal sealed record UnitOutcome(string Artifact, UnitState State, IReadOnlyList<Diagnostic> Errors);
