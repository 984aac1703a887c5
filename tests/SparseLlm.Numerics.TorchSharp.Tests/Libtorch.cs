using System.Runtime.CompilerServices;
using SparseLlm.Pipeline.Engines.Installing;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>libtorch, as these tests find it.</summary>
internal static class Libtorch
{
    /// <summary>In the output's copy, before anything loads it. Not with the tests themselves: any of them may be the
    /// first.</summary>
    [ModuleInitializer]
    public static void Prepare() => OlderLibstdcxx.Accommodate(AppContext.BaseDirectory);

    /// <summary>Skips a test where there is no CUDA device.</summary>
    public static void RequireCuda() => Skip.If(CudaDevices() == 0, "libtorch finds no CUDA device");

    private static int CudaDevices()
    {
        try
        {
            return TorchBackend.CudaDevices;
        }
        catch (NotSupportedException exception)
        {
            throw new SkipException(exception.Message);
        }
    }
}
