using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SparseLlm.Pipeline.History;

/// <summary>The past of a file, as the <c>git</c> program tells it. Nothing is written, nothing is fetched, and no
/// shell takes part.</summary>
/// <param name="path">The file.</param>
/// <param name="stop">Ends a program that takes too long.</param>
internal sealed class GitFile(string path, CancellationToken stop)
{
    private const char Separator = '\u001F';
    private const int LongestLog = 1 << 26;

    private readonly string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly string name = Path.GetFileName(path);

    /// <summary>The commits that have changed the file, the newest first.</summary>
    /// <param name="count">How many at most.</param>
    /// <exception cref="GitException">There is no such program, or no repository.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<HistoryCommit> Commits(int count)
    {
        byte[] log = Run(
            LongestLog,
            "log",
            "-z",
            "--no-color",
            "--no-show-signature",
            string.Create(CultureInfo.InvariantCulture, $"--max-count={count}"),
            $"--format=%H{Separator}%h{Separator}%cI{Separator}%s",
            "--",
            name);
        return
        [
            .. from line in Encoding.UTF8.GetString(log).Split('\0', StringSplitOptions.RemoveEmptyEntries)
               let fields = line.Split(Separator, 4)
               where fields.Length == 4
               select new HistoryCommit(fields[0], fields[1], Date(fields[2]), fields[3]),
        ];
    }

    /// <summary>Whether the file is there after a commit.</summary>
    public bool IsIn(HistoryCommit commit) => Run(LongestLog, "ls-tree", commit.Hash, "--", name).Length > 0;

    /// <summary>What the file held after a commit.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="maximumLength">What is longer is not read.</param>
    /// <exception cref="GitException">It was not there, is not here, or is longer.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public byte[] Read(HistoryCommit commit, int maximumLength)
        => Run(maximumLength, "cat-file", "blob", $"{commit.Hash}:./{name}");

    /// <summary>A commit can claim any date, also one that no calendar here has.</summary>
    private static DateTimeOffset Date(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out DateTimeOffset date)
            ? date
            : DateTimeOffset.UnixEpoch;

    private byte[] Run(int maximumLength, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["--no-pager", "--literal-pathspecs", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["GIT_OPTIONAL_LOCKS"], start.Environment["GIT_NO_LAZY_FETCH"], start.Environment[
            "GIT_TERMINAL_PROMPT"], start.Environment["LC_ALL"]) = ("0", "1", "0", "C");
        using Process process = Start(start);
        using CancellationTokenRegistration end = stop.Register(() => Kill(process));
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        byte[]? output = ReadAll(process.StandardOutput.BaseStream, maximumLength);
        if (output is null)
        {
            Kill(process);
        }

        process.WaitForExit();
        stop.ThrowIfCancellationRequested();
        return output is null ? throw new GitException("its output is too long")
            : process.ExitCode == 0 ? output
            : throw new GitException(errors.GetAwaiter().GetResult().Split('\n')[0].Trim());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new GitException($"the program 'git' cannot be run ({exception.Message})");
        }
    }

    private static byte[]? ReadAll(Stream stream, int maximumLength)
    {
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[1 << 16];
        while (stream.Read(chunk) is > 0 and int count)
        {
            if (bytes.Length + count > maximumLength)
            {
                return null;
            }

            bytes.Write(chunk, 0, count);
        }

        return bytes.ToArray();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>Git has nothing to tell.</summary>
/// <param name="message">Why, for people.</param>
internal sealed class GitException(string message) : Exception(message);
