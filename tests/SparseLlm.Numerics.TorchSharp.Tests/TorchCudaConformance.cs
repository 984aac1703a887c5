using SparseLlm.Numerics.Conformance;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>The contract on the first CUDA device, where there is one.</summary>
public sealed class TorchCudaConformance : BackendConformance
{
    protected override IBackend Create(int threads)
    {
        Skip.If(TorchBackend.CudaDevices == 0, "libtorch finds no CUDA device");
        return new TorchBackend("cuda");
    }
}
