using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Numerics.Tests;

public sealed class CpuBackendConformance : BackendConformance
{
    protected override IBackend Create(int threads) => new CpuBackend(threads);
}
