using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Hub.Downloads;

/// <summary>What a content is known by, computed from it.</summary>
internal static class ContentId
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Whether a file's content is the one that it is listed by.</summary>
    public static bool Matches(HubFile file, SafeFileHandle content, CancellationToken cancellation)
        => Compute(file, content, cancellation) == file.Id;

    private static string Compute(HubFile file, SafeFileHandle content, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!file.IsLarge)
        {
            // As git names its objects.
            hash.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {file.Size}\0")));
        }

        byte[] buffer = new byte[ChunkLength];
        for (long place = 0; RandomAccess.Read(content, buffer, place) is > 0 and int count; place += count)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
