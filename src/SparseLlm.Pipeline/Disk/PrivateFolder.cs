using SparseLlm.Files;

namespace SparseLlm.Pipeline.Disk;

/// <summary>
/// A folder of this user among the system's temporary files, under a name that all processes of the user find. Where
/// everyone may write, others know the name too, and can have put a folder or a link of theirs there: it is used only
/// if it is a folder that nobody else can write to.
/// </summary>
internal static class PrivateFolder
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OfOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes a folder in it, or finds the one that is there.</summary>
    /// <param name="temporary">Where temporary files are.</param>
    /// <param name="name">The folder's name.</param>
    /// <exception cref="IOException">It cannot be made, or is somebody else's.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static string Create(string temporary, string name)
    {
        string folder = Path.Combine(temporary, $"sparsellm-{Environment.UserName}");
        Make(folder);
        string inner = Path.Combine(folder, name);
        Make(inner);
        return inner;
    }

    private static void Make(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // Temporary files of a user are in a folder of the user's own there.
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(folder, Own);
        if (new DirectoryInfo(folder).LinkTarget is not null || FileStatus.Of(folder).IsOwn == false)
        {
            throw new IOException($"'{folder}' belongs to somebody else");
        }

        if ((File.GetUnixFileMode(folder) & OfOthers) != 0)
        {
            File.SetUnixFileMode(folder, Own);
        }
    }
}
