namespace SparseLlm.Pipeline.Executors;

/// <summary>How far a unit is.</summary>
/// <param name="Artifact">The name of its artifact.</param>
/// <param name="Phase">Whether it waits, runs or is done, here or elsewhere.</param>
/// <param name="Job">Its job; empty before there is one.</param>
/// <param name="Where">Where it runs; empty while it does not.</param>
/// <param name="Step">What it does, or why it waits; empty where that is not known.</param>
/// <param name="LayersDone">Decoder layers that are finished.</param>
/// <param name="Layers">Decoder layers in all.</param>
internal sealed record UnitProgress(
    string Artifact,
    UnitPhase Phase,
    string Job,
    string Where,
    string Step,
    int LayersDone,
    int Layers);
