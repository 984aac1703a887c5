using System.Security.Cryptography;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Keys;

/// <summary>SHA-256 of files.</summary>
public static class FileDigest
{
    /// <summary>The digest of a file's bytes, 64 hexadecimal digits.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public static string Of(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(path), exception.Message, exception);
        }
    }

    /// <summary>One digest for the files of a directory: their names relative to it and their contents, in ordinal order.</summary>
    public static string OfFiles(string directory, IEnumerable<string> relativePaths) => OfFiles(directory, relativePaths, Of);

    /// <summary>The same, with digests from elsewhere.</summary>
    internal static string OfFiles(string directory, IEnumerable<string> relativePaths, Func<string, string> digestOf)
    {
        using var key = new KeyBuilder("files", 1);
        foreach (string path in relativePaths.Order(StringComparer.Ordinal))
        {
            key.Add(path.Replace('\\', '/'), digestOf(Path.Combine(directory, path)));
        }

        return key.Build();
    }
}
