using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>A kernel of a <see cref="CudaModule"/>, launched on the stream that libtorch uses by default.</summary>
/// <param name="context">The context that it was loaded in.</param>
/// <param name="function">Its handle.</param>
internal sealed unsafe class CudaKernel(nint context, nint function)
{
    private readonly delegate* unmanaged<nint, int> setContext = (delegate* unmanaged<nint, int>)CudaDriver.Function(
        "cuCtxSetCurrent");
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**,
        int> launch =
        (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)CudaDriver
            .Function("cuLaunchKernel");

    /// <summary>Launches the kernel behind what was launched before; not at all without blocks.</summary>
    /// <param name="blocks">Blocks of threads.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Shared memory of a block.</param>
    /// <param name="arguments">The kernel's, 8 bytes each; what is smaller begins where they do.</param>
    public void Launch(long blocks, int threads, int sharedBytes, ReadOnlySpan<long> arguments)
    {
        if (blocks == 0)
        {
            return;
        }

        fixed (long* values = arguments)
        {
            void** pointers = stackalloc void*[arguments.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                pointers[i] = values + i;
            }

            CudaDriver.Check(setContext(context));
            CudaDriver.Check(
                launch(function, checked((uint)blocks), 1, 1, (uint)threads, 1, 1, (uint)sharedBytes, 0, pointers,
                    null));
        }
    }

    /// <summary>Where the elements of a tensor begin, on its device.</summary>
    public static long Address(Tensor tensor) => THSTensor_data(tensor.Handle);

    /// <summary>A number in single precision as an argument.</summary>
    public static long Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_data(nint tensor);
}
