using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>What the C library does with large blocks that were freed.</summary>
internal static class LargeBlocks
{
    private const int MapThreshold = -3;

    /// <summary>
    /// Has blocks of at least so many bytes given back to the system when they are freed. Otherwise, the GNU C library
    /// would raise its threshold as it sees large blocks freed, and keep those below it for itself.
    /// </summary>
    public static void GiveBack(int bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetOption(MapThreshold, bytes);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than GNU's, which gives large blocks back in any case.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int SetOption(int option, int value);
}
