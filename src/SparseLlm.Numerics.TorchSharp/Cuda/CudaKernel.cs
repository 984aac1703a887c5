using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>A kernel in CUDA C, compiled for a device when it is made, and launched on the stream that libtorch uses by default.</summary>
internal sealed unsafe class CudaKernel
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int MaximumDynamicSharedMemory = 8;

    private readonly nint context;
    private readonly nint function;
    private readonly delegate* unmanaged<nint, int> setContext;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launch;

    /// <param name="source">CUDA C with an extern "C" kernel.</param>
    /// <param name="name">The kernel's name.</param>
    /// <param name="sharedBytes">The most shared memory that a launch asks for.</param>
    /// <param name="device">The device's number.</param>
    /// <exception cref="DllNotFoundException">Driver or compiler are not there.</exception>
    /// <exception cref="InvalidOperationException">The source does not compile, or the device does not take it.</exception>
    public CudaKernel(string source, string name, int sharedBytes, int device)
    {
        var getAttribute = (delegate* unmanaged<int*, int, int, int>)CudaDriver.Function("cuDeviceGetAttribute");
        var retain = (delegate* unmanaged<nint*, int, int>)CudaDriver.Function("cuDevicePrimaryCtxRetain");
        var load = (delegate* unmanaged<nint*, byte*, int>)CudaDriver.Function("cuModuleLoadData");
        var find = (delegate* unmanaged<nint*, nint, byte*, int>)CudaDriver.Function("cuModuleGetFunction");
        var setAttribute = (delegate* unmanaged<nint, int, int, int>)CudaDriver.Function("cuFuncSetAttribute");
        setContext = (delegate* unmanaged<nint, int>)CudaDriver.Function("cuCtxSetCurrent");
        launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)CudaDriver.Function("cuLaunchKernel");

        int major, minor;
        CudaDriver.Check(getAttribute(&major, ComputeCapabilityMajor, device));
        CudaDriver.Check(getAttribute(&minor, ComputeCapabilityMinor, device));
        nint primary, module, entry;
        CudaDriver.Check(retain(&primary, device));
        CudaDriver.Check(setContext(primary));
        fixed (byte* image = Nvrtc.Compile(source, FormattableString.Invariant($"sm_{major}{minor}")), entryName = Nvrtc.Terminated(name))
        {
            CudaDriver.Check(load(&module, image));
            CudaDriver.Check(find(&entry, module, entryName));
        }

        CudaDriver.Check(setAttribute(entry, MaximumDynamicSharedMemory, sharedBytes));
        (context, function) = (primary, entry);
    }

    /// <summary>Launches the kernel behind what was launched before.</summary>
    /// <param name="blocks">Blocks of threads.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Shared memory of a block.</param>
    /// <param name="arguments">The kernel's, 8 bytes each; what is smaller begins where they do.</param>
    public void Launch(long blocks, int threads, int sharedBytes, ReadOnlySpan<long> arguments)
    {
        fixed (long* values = arguments)
        {
            void** pointers = stackalloc void*[arguments.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                pointers[i] = values + i;
            }

            CudaDriver.Check(setContext(context));
            CudaDriver.Check(launch(function, checked((uint)blocks), 1, 1, (uint)threads, 1, 1, (uint)sharedBytes, 0, pointers, null));
        }
    }

    /// <summary>Where the elements of a tensor begin, on its device.</summary>
    public static long Address(Tensor tensor) => THSTensor_data(tensor.Handle);

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_data(nint tensor);
}
