using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>The vector instructions that both sides of a comparison are held to.</summary>
internal static class InstructionSets
{
    private const string Avx512 = "avx512";
    private const string Avx2 = "avx2";
    private const string Chosen = "SPARSELLM_BENCHMARK_INSTRUCTIONS";

    /// <summary>All that this machine has.</summary>
    public static string[] Supported
        => Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? [Avx512, Avx2] : [Avx2];

    /// <summary>The set that this process was started for, or null.</summary>
    public static string? Current => Environment.GetEnvironmentVariable(Chosen);

    /// <summary>Runs this program with one set.</summary>
    /// <returns>Its exit code.</returns>
    public static int RunProcess(string set, string[] arguments)
    {
        string program = Path.Combine(
            AppContext.BaseDirectory,
            $"{typeof(InstructionSets).Assembly.GetName().Name}.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]);
        start.Environment[Chosen] = set;
        if (set == Avx2)
        {
            start.Environment["DOTNET_EnableAVX512"] = "0";
            start.Environment["OPENBLAS_CORETYPE"] = "Haswell";
            start.Environment["ONEDNN_MAX_CPU_ISA"] = "AVX2";
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
