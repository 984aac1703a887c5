using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace SparseLlm.Numerics.TorchSharp;

/// <summary>
/// TorchSharp's native half, and libtorch behind it. TorchSharp would load them itself; but where it cannot, it copies
/// all of libtorch from NuGet's folder to the application's, and says that a package is missing, whatever the loader
/// says.
/// </summary>
internal static partial class NativeLibraries
{
    private const string TorchSharp = "LibTorchSharp";

    /// <summary>The libstdc++ of GCC 14 has all versions from GLIBCXX_3.4 to GLIBCXX_3.4.33.</summary>
    private const int Gcc14 = 33;

    /// <summary>Loads them.</summary>
    /// <param name="withCuda">Those for CUDA devices too, where this libtorch has any; first, since devices are counted
    /// once.</param>
    /// <exception cref="NotSupportedException">They cannot be loaded. The message has the file, what the loader says of
    /// it, and what would help.</exception>
    public static void Load(bool withCuda)
    {
        Assembly assembly = typeof(torch).Assembly;
        if (withCuda)
        {
            NativeLibrary.TryLoad("torch_cuda", assembly, null, out _);
        }

        try
        {
            NativeLibrary.Load(TorchSharp, assembly, null);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            // Without the cause, of which this says all, and shorter.
            throw new NotSupportedException(Explain(exception.Message));
        }
    }

    /// <summary>The loader is asked for several names, and has a line for each: that of the file which is there, or of
    /// one that is missing behind it, is the one to tell.</summary>
    internal static string Explain(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Skip(1).FirstOrDefault(line => !IsOfNoFile().IsMatch(line)) is { } reason
            ? $"TorchSharp's native library cannot be loaded: {reason}{Remedy(reason)}"
            : lines.Length > 1
            ? "TorchSharp's native library is not here: the application refers to no package that brings it with "
                + "libtorch for this system"
            : message;
    }

    /// <summary>Which systems have a libstdc++ that is asked for.</summary>
    private static string Remedy(string reason) =>
        GlibcxxVersion().Match(reason) is not { Success: true, Groups: [_, { Value: var version }] } ? ""
        : int.Parse(version, CultureInfo.InvariantCulture) <= Gcc14
            ? "; Debian 13, Ubuntu 24.04 and RHEL 10 have such a libstdc++, as do newer systems"
            : "; it takes a newer system, or an older TorchSharp";

    [GeneratedRegex(@"LibTorchSharp(\.so|\.dylib)?: cannot open shared object file")]
    private static partial Regex IsOfNoFile();

    [GeneratedRegex(@"GLIBCXX_3\.4\.(\d{1,4})")]
    private static partial Regex GlibcxxVersion();
}
