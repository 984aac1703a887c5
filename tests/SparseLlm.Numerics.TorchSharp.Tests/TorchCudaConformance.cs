using SparseLlm.Numerics.Conformance;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>The contract on the first CUDA device, where there is one.</summary>
public sealed class TorchCudaConformance : BackendConformance
{
    protected override IBackend Create(int threads)
    {
        Libtorch.RequireCuda();
        return new TorchBackend("cuda");
    }
}
