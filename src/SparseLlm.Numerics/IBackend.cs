namespace SparseLlm.Numerics;

/// <summary>
/// The compute backend contract: everything the algorithms need from a device, and nothing else. Algorithms are written
/// once, on this contract. Every operation completes before it returns (as far as its caller can see), is deterministic
/// (same bits on every run, whatever the number of threads), throws <see cref="ArgumentException"/> when shapes do not
/// fit, and never allocates a result behind the caller's back.
/// </summary>
public interface IBackend : IMatrixMemory, IMatrixProducts, IElementwise, IFactorizations, ISelection,
    ITransformerKernels, IGradientKernels, IPruningKernels, IQuantizationKernels, IDisposable
{
    /// <summary>
    /// What can change a bit of the result: backend, device kind and kernel family, such as <c>cpu-fma/1</c>.
    /// Takes part in cache keys.
    /// </summary>
    string NumericsClass { get; }

    /// <summary>What the user reads: device, instruction set, number of threads.</summary>
    string Description { get; }

    /// <summary>The GPU that it computes on; null for a backend that computes on none. Takes no part in keys.</summary>
    Gpu? Gpu => null;
}
