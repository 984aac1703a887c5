using System.Text;
using SparseLlm.Files;

namespace SparseLlm.Hub.Cache;

/// <summary>
/// The folder of a repository in the cache, as Hugging Face's tools lay it out: contents in <c>blobs</c> under what
/// they are known by, the commit of each branch and tag in <c>refs</c>, and of each commit its files in
/// <c>snapshots</c>, as links to the contents, and its list of files in <c>trees</c>.
/// </summary>
internal sealed class HubRepositoryFolder
{
    // Of the Cache Directory Tagging Specification: backups leave such a folder out.
    private const string TagName = "CACHEDIR.TAG";
    private const string Tag
        = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of files from the Hugging Face hub.\n";

    // A ref has 40 digits; other programs may end the line.
    private const int LongestRef = 100;

    private readonly string cache;
    private readonly string locks;

    /// <summary>The folder of a repository, whether it is there or not.</summary>
    public HubRepositoryFolder(string cache, HubAddress address)
    {
        string kind = address.Kind == RepositoryKind.Dataset ? "datasets" : "models";
        string name = $"{kind}--{address.Repository.Replace("/", "--", StringComparison.Ordinal)}";
        (this.cache, Root) = (cache, Path.Combine(cache, name));
        locks = Path.Combine(cache, ".locks", name);
    }

    /// <summary>The folder itself.</summary>
    public string Root { get; }

    /// <summary>Where contents are.</summary>
    public string Blobs => Path.Combine(Root, "blobs");

    /// <summary>The place of a content.</summary>
    public string Blob(string id) => Path.Combine(Blobs, id);

    /// <summary>
    /// The place of a content that is on its way. Not the name that other tools give to theirs: some take a file of
    /// that name and go on at its end, and this one has its length from the beginning.
    /// </summary>
    public string Incomplete(string id) => Path.Combine(Blobs, $"{id}.sparsellm.incomplete");

    /// <summary>Makes the folders that a download needs.</summary>
    /// <exception cref="IOException">They cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be made.</exception>
    public void Create()
    {
        Directory.CreateDirectory(Blobs);
        Directory.CreateDirectory(locks);
        if (!File.Exists(Path.Combine(cache, TagName)))
        {
            TempFile.Write(Root, Path.Combine(cache, TagName), Encoding.ASCII.GetBytes(Tag));
        }
    }

    /// <summary>Waits until nobody else brings a content.</summary>
    /// <param name="id">What it is known by.</param>
    /// <param name="waiting">Told once, if somebody does.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The lock may not be made.</exception>
    public IDisposable Lock(string id, Action waiting, CancellationToken cancellation)
    {
        string path = Path.Combine(locks, $"{id}.lock");
        IDisposable own = FileLock.Acquire(path, cancellation, waiting);
        if (FileStatus.Of(path).IsOwn == true && !OperatingSystem.IsWindows())
        {
            // Users who share a cache wait for each other: they have to open the file for writing.
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);
        }

        return own;
    }

    /// <summary>The files of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(Root, "snapshots", commit);

    /// <summary>The list of a commit's files.</summary>
    public string Tree(string commit) => Path.Combine(Root, "trees", $"{commit}.json");

    /// <summary>The file that holds the commit of a branch, a tag or a reference.</summary>
    public string Ref(string revision) => Path.Combine([Root, "refs", .. revision.Split('/')]);

    /// <summary>The commit that a revision was when somebody asked last; null where nobody has.</summary>
    public string? ReadRef(string revision)
    {
        try
        {
            string text = Encoding.UTF8.GetString(RegularFile.ReadAllBytes(Ref(revision), LongestRef)).Trim();
            return HubAddress.IsCommit(text) ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps the commit of a revision, for when nobody may be asked. A cache that cannot be written may have
    /// everything else.</summary>
    public void TryWriteRef(string revision, string commit)
    {
        try
        {
            if (ReadRef(revision) != commit)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Ref(revision))!);
                TempFile.Write(Root, Ref(revision), Encoding.ASCII.GetBytes(commit));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever brings files is told.
        }
    }
}
