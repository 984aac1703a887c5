namespace SparseLlm.Files;

/// <summary>What systems say where a disk is full.</summary>
public static class FullDisk
{
    private const int UnixNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether a write has failed for it.</summary>
    public static bool IsCauseOf(Exception exception) =>
        exception.HResult is UnixNoSpace or LinuxQuota or WindowsDiskFull or WindowsHandleDiskFull;
}
