using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>What libtorch says when a device's memory is at its end: there is no exception type of its own for
/// it.</summary>
internal static class OutOfMemory
{
    /// <summary>Whether an error of libtorch was caused by a lack of memory, on a CUDA device or on the CPU.</summary>
    public static bool Caused(ExternalException exception) =>
        exception.Message.Contains("out of memory", StringComparison.Ordinal)
        || exception.Message.Contains("can't allocate memory", StringComparison.Ordinal);
}
