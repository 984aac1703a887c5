using System.Runtime.InteropServices;
using System.Text;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>The part of the CUDA driver's interface that libtorch has no counterpart of.</summary>
internal static unsafe class CudaDriver
{
    private const int NameLength = 256;

    private static readonly Lazy<nint> Library = new(
        () => NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"));

    /// <summary>One of its functions.</summary>
    /// <exception cref="DllNotFoundException">There is no driver.</exception>
    /// <exception cref="EntryPointNotFoundException">It has no such function.</exception>
    public static void* Function(string name) => (void*)NativeLibrary.GetExport(Library.Value, name);

    /// <summary>The model of a device, such as NVIDIA H100 80GB HBM3.</summary>
    /// <param name="device">Its number.</param>
    /// <exception cref="DllNotFoundException">There is no driver.</exception>
    /// <exception cref="InvalidOperationException">It does not know the device.</exception>
    public static string DeviceName(int device)
    {
        var initialize = (delegate* unmanaged<uint, int>)Function("cuInit");
        var getName = (delegate* unmanaged<byte*, int, int, int>)Function("cuDeviceGetName");
        byte* name = stackalloc byte[NameLength];
        Check(initialize(0));
        Check(getName(name, NameLength, device));
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
    }

    /// <summary>Bytes of memory that are free on a device; null where the driver does not say.</summary>
    /// <param name="device">Its number.</param>
    /// <exception cref="DllNotFoundException">There is no driver.</exception>
    public static long? FreeMemory(int device)
    {
        var retain = (delegate* unmanaged<nint*, int, int>)Function("cuDevicePrimaryCtxRetain");
        var setContext = (delegate* unmanaged<nint, int>)Function("cuCtxSetCurrent");
        var getInfo = (delegate* unmanaged<nuint*, nuint*, int>)Function("cuMemGetInfo_v2");
        nint context;
        nuint free, total;
        return retain(&context, device) == 0 && setContext(context) == 0 && getInfo(&free, &total) == 0
            ? (long)free
            : null;
    }

    /// <summary>Throws if a function did not succeed.</summary>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"The CUDA driver answers with code {result}."));
        }
    }
}
