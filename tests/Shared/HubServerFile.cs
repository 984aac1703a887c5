using System.Security.Cryptography;
using System.Text;

namespace SparseLlm.Tests;

/// <summary>A file on a <see cref="HubServer"/>: large ones are those with weights or tables, whatever their
/// length.</summary>
internal sealed class HubServerFile(string path, byte[] content)
{
    private static readonly string[] LargeEndings = [".safetensors", ".parquet", ".bin", ".gz"];

    /// <summary>What is in it.</summary>
    public byte[] Content => content;

    /// <summary>Whether it is in large file storage.</summary>
    public bool IsLarge { get; } = LargeEndings.Contains(Path.GetExtension(path));

    /// <summary>What it is known by.</summary>
    public string Id => IsLarge ? Convert.ToHexStringLower(SHA256.HashData(content)) : GitId(content);

    /// <summary>The file in a list, at a path.</summary>
    public object Entry(string at) => IsLarge
        ? new
        {
            type = "file",
            oid = GitId(Pointer),
            size = content.Length,
            lfs = new
            {
                oid = Id,
                size = content
            .Length,
                pointerSize = Pointer.Length
            },
            path = at
        }
        : new { type = "file", oid = Id, size = content.Length, path = at };

    private byte[] Pointer => Encoding.UTF8
        .GetBytes($"version https://git-lfs.github.com/spec/v1\noid sha256:{Id}\nsize {content.Length}\n");

    private static string GitId(byte[] bytes)
        => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
}
