using System.Security.Cryptography;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A cache in a directory of its own, and what it warns of.</summary>
public abstract class CacheTest : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly List<Diagnostic> warnings = [];

    private protected TempDirectory Temp => directory;

    private protected string Root => directory["cache"];

    /// <summary>The codes of all warnings so far.</summary>
    private protected IEnumerable<string> Codes => warnings.Select(warning => warning.Code);

    private protected IReadOnlyList<Diagnostic> Warnings => warnings;

    internal static string Key(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private protected BuildCache Open(string? root = null) => BuildCache.Open(root ?? Root, warnings.Add);

    private protected void Warn(Diagnostic warning) => warnings.Add(warning);

    private protected string WriteFile(string name, int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(directory[name], bytes);
        return directory[name];
    }

    private protected void Put(BuildCache cache, string name, params string[] files) =>
        cache.Put(
            Key(name),
            "test",
            $"entry {name}",
            [.. files.Select(file => (Path.GetFileName(file), file))],
            new { Answer = 42 });

    private protected string EntryPath(string name) => Path.Combine(Root, "ac", Key(name));

    private protected string BlobPath(string file) =>
        Path.Combine(Root, "cas", Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));

    private protected string[] FilesIn(string folder) =>
        Directory.Exists(Path.Combine(Root, folder)) ? [.. Directory.EnumerateFiles(Path.Combine(Root, folder))] : [];

    /// <summary>All bytes of a file of the cache.</summary>
    internal static byte[] ReadAll(Stream stream)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public virtual void Dispose()
    {
        directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
