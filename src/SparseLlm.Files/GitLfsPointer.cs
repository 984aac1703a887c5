namespace SparseLlm.Files;

/// <summary>
/// What a clone holds in place of a large file until Git LFS fetches it: a few lines of text with the file's name. It
/// is neither damaged nor of another kind, so whoever cannot make sense of a file looks for this first.
/// </summary>
public static class GitLfsPointer
{
    /// <summary>What to say of such a file, after its name or as a sentence of its own.</summary>
    public const string Problem =
        "this is a Git LFS pointer in place of the file; run 'git lfs pull' (in a workflow with actions/checkout, set "
        + "'lfs: true')";

    // Of the specification: a pointer has less than 1024 bytes, and its first line is the version.
    private const int LengthLimit = 1024;

    private static ReadOnlySpan<byte> Version => "version https://git-lfs.github.com/spec/"u8;

    /// <summary>Whether a file is a pointer.</summary>
    /// <param name="file">All of its bytes, or at least the first 1024.</param>
    public static bool IsPointer(ReadOnlySpan<byte> file) => file.Length < LengthLimit && file.StartsWith(Version);
}
