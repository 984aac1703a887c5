using System.Text;

namespace SparseLlm.Pipeline.Reports;

/// <summary>A file of a report. It is complete or not there, and one that says the same already is left alone.</summary>
internal static class ReportFile
{
    /// <summary>Writes a file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
        {
            return;
        }

        string temporary = FormattableString.Invariant($"{path}.{Environment.ProcessId}.tmp");
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }
}
