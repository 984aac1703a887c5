using System.Text;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Reports;

/// <summary>A file of a report. One that says the same already is left alone.</summary>
internal static class ReportFile
{
    /// <summary>Whether a file says this already.</summary>
    public static bool Says(string path, string content) => Says(path, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        if (!Says(path, bytes))
        {
            WholeFile.Write(path, bytes);
        }
    }

    private static bool Says(string path, byte[] bytes)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, bytes.Length).AsSpan().SequenceEqual(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
