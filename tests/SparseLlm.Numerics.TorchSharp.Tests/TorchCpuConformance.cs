using SparseLlm.Numerics.Conformance;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>The contract on libtorch's CPU device. Its threads are the process's; there is no choice of their
/// number.</summary>
public sealed class TorchCpuConformance : BackendConformance
{
    protected override IBackend Create(int threads) => new TorchBackend("cpu");
}
