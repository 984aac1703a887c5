namespace SparseLlm.Runtime;

/// <summary>What a model takes of the machine.</summary>
/// <param name="Weights">Bytes of its matrices. They are in mapped files, which processes share and the system can
/// drop.</param>
/// <param name="Token">Bytes of those that are read for one token: all of them, but for experts that it does not go
/// through.</param>
/// <param name="Sequence">Bytes of keys and values of one sequence that is as long as the context.</param>
public sealed record ModelMemory(long Weights, long Token, long Sequence);
