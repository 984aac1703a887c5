using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>
/// TorchSharp 0.107.0 on Linux with a libstdc++ that is older than that of GCC 13, such as Debian 12 and Ubuntu 22.04
/// have. Its native library asks for the version GLIBCXX_3.4.32, for the sake of one symbol that it never calls, and
/// the loader refuses it. With the flag VER_FLG_WEAK on what it asks for, it loads.
/// </summary>
internal static class OlderLibstdcxx
{
    private const string LibraryName = "libLibTorchSharp.so";

    /// <summary>The digest of the only file that is known well enough to be changed.</summary>
    private const string KnownLibrary = "cf33b1b0bb6bbb9754a768fb5c5d04d9f498603be50e73f55621a0b40ee608b8";

    /// <summary>Where its flags of GLIBCXX_3.4.32 are.</summary>
    internal const int Flags = 0x3fa34;

    private const byte Weak = 2;

    /// <summary>The symbol that it never calls.</summary>
    private const string Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>Whether this system has one.</summary>
    public static bool IsHere =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libstdc++.so.6", out nint library)
            && !NativeLibrary.TryGetExport(library, Symbol, out _);

    /// <summary>Makes the native library load here, if it has to be helped.</summary>
    /// <param name="folder">Where it is, or one of the folders above it.</param>
    /// <returns>Whether it was changed. One that is not known is left as it is: the loader will say what it asks
    /// for.</returns>
    public static bool Accommodate(string folder) =>
        IsHere && Directory.EnumerateFiles(folder, LibraryName, SearchOption.AllDirectories).Count(Weaken) > 0;

    /// <summary>A new file takes the place of the old one, which may be a hard link into NuGet's folder.</summary>
    internal static bool Weaken(string path)
    {
        byte[] library = File.ReadAllBytes(path);
        if (Convert.ToHexStringLower(SHA256.HashData(library)) != KnownLibrary)
        {
            return false;
        }

        library[Flags] |= Weak;
        string changed = path + ".weak";
        File.WriteAllBytes(changed, library);
        File.Move(changed, path, overwrite: true);
        return true;
    }
}
