using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines;

/// <summary>One measurement of perplexity for an engine.</summary>
/// <param name="Dense">The directory of the dense model, whose tokenizer is used.</param>
/// <param name="Model">The directory of the model to measure, perhaps the same.</param>
/// <param name="Name">The model's name in progress messages.</param>
/// <param name="Text">The text.</param>
/// <param name="Memory">How much memory activations may take.</param>
internal sealed record MeasureJob(string Dense, string Model, string Name, PerplexityText Text, MemoryBudget Memory);
