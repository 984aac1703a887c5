using System.Text;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>The kernels in CUDA C of this assembly, compiled for a device when it is made.</summary>
internal sealed unsafe class CudaModule
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int MaximumDynamicSharedMemory = 8;

    private readonly nint context;
    private readonly nint module;

    /// <param name="device">The device's number.</param>
    /// <exception cref="DllNotFoundException">Driver or compiler are not there.</exception>
    /// <exception cref="InvalidOperationException">A kernel does not compile, or the device does not take
    /// it.</exception>
    public CudaModule(int device)
    {
        var getAttribute = (delegate* unmanaged<int*, int, int, int>)CudaDriver.Function("cuDeviceGetAttribute");
        var retain = (delegate* unmanaged<nint*, int, int>)CudaDriver.Function("cuDevicePrimaryCtxRetain");
        var setContext = (delegate* unmanaged<nint, int>)CudaDriver.Function("cuCtxSetCurrent");
        var load = (delegate* unmanaged<nint*, byte*, int>)CudaDriver.Function("cuModuleLoadData");
        int major, minor;
        CudaDriver.Check(getAttribute(&major, ComputeCapabilityMajor, device));
        CudaDriver.Check(getAttribute(&minor, ComputeCapabilityMinor, device));
        nint primary, loaded;
        CudaDriver.Check(retain(&primary, device));
        CudaDriver.Check(setContext(primary));
        fixed (byte* image = Nvrtc.Compile(Sources(), FormattableString.Invariant($"sm_{major}{minor}")))
        {
            CudaDriver.Check(load(&loaded, image));
        }

        (context, module) = (primary, loaded);
    }

    /// <summary>One of the kernels.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sharedBytes">The most shared memory that a launch asks for.</param>
    /// <exception cref="InvalidOperationException">There is no such kernel, or the device has less shared
    /// memory.</exception>
    public CudaKernel Kernel(string name, int sharedBytes = 0)
    {
        var find = (delegate* unmanaged<nint*, nint, byte*, int>)CudaDriver.Function("cuModuleGetFunction");
        var setAttribute = (delegate* unmanaged<nint, int, int, int>)CudaDriver.Function("cuFuncSetAttribute");
        nint function;
        fixed (byte* terminated = Nvrtc.Terminated(name))
        {
            CudaDriver.Check(find(&function, module, terminated));
        }

        CudaDriver.Check(setAttribute(function, MaximumDynamicSharedMemory, sharedBytes));
        return new CudaKernel(context, function);
    }

    private static string Sources()
    {
        // What kernels share comes first.
        IEnumerable<string> resources = typeof(CudaModule).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".cu", StringComparison.Ordinal))
            .OrderBy(name => !name.EndsWith(".BFloat16.cu", StringComparison.Ordinal));
        var sources = new StringBuilder();
        foreach (string resource in resources)
        {
            using var reader = new StreamReader(typeof(CudaModule).Assembly.GetManifestResourceStream(resource)!);
            sources.Append(reader.ReadToEnd());
        }

        return sources.ToString();
    }
}
