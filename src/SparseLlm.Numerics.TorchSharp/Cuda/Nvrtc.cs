using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SparseLlm.Numerics.TorchSharp.Cuda;

/// <summary>The compiler of CUDA C that every libtorch for CUDA brings with it.</summary>
internal static unsafe class Nvrtc
{
    /// <summary>Machine code for a device.</summary>
    /// <param name="source">CUDA C.</param>
    /// <param name="architecture">Such as sm_90.</param>
    /// <exception cref="DllNotFoundException">The compiler is nowhere beside libtorch.</exception>
    /// <exception cref="InvalidOperationException">The source does not compile.</exception>
    public static byte[] Compile(string source, string architecture)
    {
        nint library = Load();
        var create = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)NativeLibrary.GetExport(
            library,
            "nvrtcCreateProgram");
        var compile = (delegate* unmanaged<nint, int, byte**, int>)NativeLibrary.GetExport(
            library,
            "nvrtcCompileProgram");
        var codeSize = (delegate* unmanaged<nint, nint*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBINSize");
        var code = (delegate* unmanaged<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBIN");
        var destroy = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "nvrtcDestroyProgram");
        nint program;
        fixed (byte* text = Terminated(source), option = Terminated($"--gpu-architecture={architecture}"))
        {
            Check(create(&program, text, null, 0, null, null), "nvrtcCreateProgram");
            Check(compile(program, 1, &option), "nvrtcCompileProgram");
        }

        nint size;
        Check(codeSize(program, &size), "nvrtcGetCUBINSize");
        var image = new byte[size];
        fixed (byte* bytes = image)
        {
            Check(code(program, bytes), "nvrtcGetCUBIN");
        }

        Check(destroy(&program), "nvrtcDestroyProgram");
        return image;
    }

    /// <summary>A string as C has it.</summary>
    public static byte[] Terminated(string text) => Encoding.ASCII.GetBytes(text + '\0');

    /// <summary>Beside libtorch, or beside the other packages of a PyTorch installation, or wherever the loader
    /// looks.</summary>
    private static nint Load()
    {
        foreach (string path in Candidates())
        {
            if (NativeLibrary.TryLoad(path, out nint library))
            {
                return library;
            }
        }

        throw new DllNotFoundException("There is no libnvrtc beside libtorch.");
    }

    private static IEnumerable<string> Candidates()
    {
        using Process process = Process.GetCurrentProcess();
        foreach (string module in process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .Where(name => name.Contains("torch_cuda", StringComparison.Ordinal)))
        {
            string folder = Path.GetDirectoryName(module)!;
            string packages = Path.GetFullPath(Path.Combine(folder, "..", "..", "nvidia"));
            IEnumerable<string> others = Directory.Exists(packages)
                ? Directory.EnumerateDirectories(packages).Select(package => Path.Combine(package, "lib"))
                : [];
            foreach (string place in others.Where(Directory.Exists).Prepend(folder))
            {
                foreach (string file in Directory.EnumerateFiles(
                    place,
                    OperatingSystem.IsWindows() ? "nvrtc64_*.dll" : "libnvrtc*.so*"))
                {
                    if (!file.Contains("builtins", StringComparison.Ordinal))
                    {
                        yield return file;
                    }
                }
            }
        }

        yield return "libnvrtc.so.13";
        yield return "libnvrtc.so.12";
    }

    private static void Check(int result, string function)
    {
        if (result != 0)
        {
            throw new InvalidOperationException(FormattableString.Invariant($"{function} failed with code {result}."));
        }
    }
}
