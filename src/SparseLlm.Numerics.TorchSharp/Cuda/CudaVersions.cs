using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>The versions of the driver and of CUDA. Nothing is computed by them, so that one that is not found is no
/// error.</summary>
internal static unsafe class CudaVersions
{
    private const int TextLength = 80;

    /// <summary>The driver's, such as 580.65.06, as its management library tells; null where that is not
    /// there.</summary>
    public static string? Driver { get; } = ReadDriver();

    /// <summary>That of the runtime library that libtorch has loaded, such as 12.8; null where it is part of another
    /// file.</summary>
    public static string? Runtime { get; } = ReadRuntime();

    private static string? ReadDriver()
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1", out nint library)
            || !NativeLibrary.TryGetExport(library, "nvmlInit_v2", out nint initialize)
            || !NativeLibrary.TryGetExport(library, "nvmlSystemGetDriverVersion", out nint getVersion))
        {
            return null;
        }

        byte* text = stackalloc byte[TextLength];
        return ((delegate* unmanaged<int>)initialize)() == 0
            && ((delegate* unmanaged<byte*, uint, int>)getVersion)(text, TextLength) == 0
            ? Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text))
            : null;
    }

    private static string? ReadRuntime()
    {
        using Process process = Process.GetCurrentProcess();
        string? path = process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(name => Path.GetFileName(name).Contains("cudart", StringComparison.Ordinal));
        if (path is null || !NativeLibrary.TryLoad(path, out nint library)
            || !NativeLibrary.TryGetExport(library, "cudaRuntimeGetVersion", out nint getVersion))
        {
            return null;
        }

        int version;
        return ((delegate* unmanaged<int*, int>)getVersion)(&version) == 0
            ? FormattableString.Invariant($"{version / 1000}.{version % 1000 / 10}")
            : null;
    }
}
