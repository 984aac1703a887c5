namespace SparseLlm.Pruning.Results;

/// <summary>What a prune tells of its progress.</summary>
public abstract record PruningProgress;

/// <summary>A dense decoder layer has been looked at, to spread the weight budget.</summary>
/// <param name="Layer">Its place, from 0.</param>
/// <param name="Layers">How many there are.</param>
public sealed record LayerMeasured(int Layer, int Layers) : PruningProgress;

/// <summary>A decoder layer begins.</summary>
/// <param name="Layer">Its place, from 0.</param>
/// <param name="Layers">How many there are.</param>
public sealed record LayerStarted(int Layer, int Layers) : PruningProgress;

/// <summary>A decoder layer was pruned by an earlier run and is taken as it is.</summary>
/// <param name="Layer">Its place, from 0.</param>
/// <param name="Layers">How many there are.</param>
public sealed record LayerRestored(int Layer, int Layers) : PruningProgress;

/// <summary>Activations have been taken through a decoder layer that an earlier run pruned.</summary>
/// <param name="Layer">Its place, from 0.</param>
/// <param name="Layers">How many there are.</param>
public sealed record LayerReplayed(int Layer, int Layers) : PruningProgress;

/// <summary>A matrix has been pruned.</summary>
/// <param name="Layer">Its layer's place, from 0.</param>
/// <param name="Report">What was done.</param>
public sealed record MatrixPruned(int Layer, LinearReport Report) : PruningProgress;

/// <summary>A decoder layer is done.</summary>
/// <param name="Layer">Its place, from 0.</param>
/// <param name="Layers">How many there are.</param>
/// <param name="Elapsed">Time since the prune began.</param>
public sealed record LayerFinished(int Layer, int Layers, TimeSpan Elapsed) : PruningProgress;

/// <summary>Passes over all layers that an earlier run has made are taken up.</summary>
/// <param name="Epoch">The last of them, from 1.</param>
/// <param name="Epochs">How many passes there will be.</param>
public sealed record GlobalEpochsRestored(int Epoch, int Epochs) : PruningProgress;

/// <summary>All layers have taken a step together.</summary>
/// <param name="Step">Which one, from 1.</param>
/// <param name="Steps">How many there are.</param>
/// <param name="Loss">KL(dense || pruned) on its mini-batch, per token in nats.</param>
public sealed record GlobalStep(int Step, int Steps, double Loss) : PruningProgress;

/// <summary>All layers have been through the calibration windows together once more.</summary>
/// <param name="Epoch">How often, from 1.</param>
/// <param name="Epochs">How often they will be.</param>
/// <param name="Report">How that went.</param>
public sealed record GlobalEpochFinished(int Epoch, int Epochs, EpochReport Report) : PruningProgress;

/// <summary>The tuning of all layers together is over, and the model after its best pass is taken.</summary>
/// <param name="Epochs">How many passes there could have been.</param>
/// <param name="Report">How they went.</param>
public sealed record GlobalTuningFinished(int Epochs, GlobalReport Report) : PruningProgress;
