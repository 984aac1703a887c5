using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>Copying with the digest of what was copied: by sharing blocks where the file system can, else in one pass.</summary>
internal static class VerifiedCopy
{
    /// <summary>Copies a file into an empty one.</summary>
    /// <returns>SHA-256 of the bytes, and their number.</returns>
    public static (string Digest, long Length) Run(SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length;
        if (Reflink.TryClone(source, destination))
        {
            length = FilePass.Run(destination, cancellation, chunk => hash.AppendData(chunk.Span));
        }
        else
        {
            long written = 0;
            length = FilePass.Run(
                source,
                cancellation,
                chunk => hash.AppendData(chunk.Span),
                chunk =>
                {
                    RandomAccess.Write(destination, chunk.Span, written);
                    written += chunk.Length;
                });
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), length);
    }
}
