using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>The end of what a job has printed, fit to be shown.</summary>
internal static class LogTail
{
    private const int Lines = 10;
    private const int LongestLine = 300;
    private const int Bytes = 1 << 14;

    /// <summary>The last lines of a file, as the end of a message; empty where there are none.</summary>
    public static string Of(string path)
    {
        string[] lines = Read(path);
        return lines.Length == 0 ? "" : $". Its last lines: {string.Join(" | ", lines)}";
    }

    private static string[] Read(string path)
    {
        try
        {
            using var handle = RegularFile.Open(path, FileShare.ReadWrite | FileShare.Delete, followLink: false);
            long length = RandomAccess.GetLength(handle);
            byte[] end = new byte[Math.Min(Bytes, length)];
            int count = RandomAccess.Read(handle, end, length - end.Length);
            return [.. System.Text.Encoding.UTF8.GetString(end, 0, count).Split('\n')
                .Select(line => Printable.Of(line.Trim()))
                .Where(line => line.Length > 0)
                .TakeLast(Lines)
                .Select(line => line.Length > LongestLine ? line[..LongestLine] + "..." : line)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
