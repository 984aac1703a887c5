using System.Security.Cryptography;
using System.Text;

namespace SparseLlm.Tests;

/// <summary>A repository on a <see cref="HubServer"/>.</summary>
internal sealed class HubServerRepository(string name, bool isDataset)
{
    /// <summary>Its name now.</summary>
    public string Name { get; private set; } = name;

    /// <summary>The names that it had.</summary>
    public List<string> OldNames { get; } = [];

    /// <summary>Whether it is a data set, rather than a model.</summary>
    public bool IsDataset => isDataset;

    /// <summary>Whether nobody sees it who has no token.</summary>
    public bool IsPrivate { get; set; }

    /// <summary>Whether its terms have to be accepted.</summary>
    public bool IsGated { get; set; }

    /// <summary>The commits of branches and tags.</summary>
    public Dictionary<string, string> Refs { get; } = [];

    /// <summary>The files of commits, by path.</summary>
    public Dictionary<string, IReadOnlyDictionary<string, HubServerFile>> Commits { get; } = [];

    /// <summary>The commit of main.</summary>
    public string Main => Refs["main"];

    /// <summary>Gives it another name.</summary>
    public void Rename(string to)
    {
        OldNames.Add(Name);
        Name = to;
    }

    /// <summary>Makes a commit of the files of a folder and moves a branch there.</summary>
    /// <returns>The commit.</returns>
    public string Push(string folder, string branch = "main") => Push(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllBytes), branch);

    /// <summary>Makes a commit of files and moves a branch there.</summary>
    /// <returns>The commit.</returns>
    public string Push(IReadOnlyDictionary<string, byte[]> contents, string branch = "main")
    {
        Dictionary<string, HubServerFile> files = contents.ToDictionary(
            pair => pair.Key,
            pair => new HubServerFile(pair.Key, pair.Value));
        string tree = string.Concat(
            files.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value.Id}\n"));
        string commit = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(tree)));
        Commits[commit] = files;
        Refs[branch] = commit;
        return commit;
    }
}
