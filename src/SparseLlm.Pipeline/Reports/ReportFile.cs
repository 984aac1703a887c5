using System.Text;

namespace SparseLlm.Pipeline.Reports;

/// <summary>A file of a report. It is complete or not there, and one that says the same already is left alone.</summary>
internal static class ReportFile
{
    /// <summary>Whether a file says this already.</summary>
    public static bool Says(string path, string content) => Says(path, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a file. Only one process may do so at a time; what one that was killed has left, the next one overwrites.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        if (Says(path, bytes))
        {
            return;
        }

        string temporary = path + ".tmp";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }

    private static bool Says(string path, byte[] bytes) => File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes);
}
