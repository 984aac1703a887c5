using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp;

/// <summary>The version of libtorch.</summary>
internal static unsafe class LibTorchVersion
{
    /// <summary>That of the libtorch which is loaded, which need not be the one that TorchSharp was built for; that
    /// one's where libtorch does not tell.</summary>
    public static string Loaded { get; } = Read() ?? torch.__version__;

    /// <summary>libtorch gives three numbers in the upper bytes of one.</summary>
    private static string? Read()
    {
        string file = OperatingSystem.IsWindows()
            ? "torch_cpu.dll"
            : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        if (!NativeLibrary.TryLoad(file, out nint library)
            || !NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out nint function))
        {
            return null;
        }

        ulong version = ((delegate* unmanaged<ulong>)function)();
        return FormattableString.Invariant($"{version >> 56}.{(version >> 48) & 0xff}.{(version >> 40) & 0xff}");
    }
}
