using SparseLlm.Pipeline.Engines.Installing;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>What is said and done where the native libraries do not load. The first line of what the loader says is
/// .NET's, the others are of the names that were tried.</summary>
public sealed class Loading : IDisposable
{
    private const string Tried = "Unable to load shared library 'LibTorchSharp' or one of its dependencies. In order "
        + "to help diagnose loading problems, consider\n/app/LibTorchSharp.so: cannot open shared object file: No such "
        + "file or directory\n";

    private readonly TempDirectory directory = new();

    [Theory]
    [InlineData("3.4.32", "Debian 13, Ubuntu 24.04 and RHEL 10 have such a libstdc++")]
    [InlineData("3.4.40", "it takes a newer system, or an older TorchSharp")]
    public void The_libstdcxx_that_a_library_asks_for_is_told_with_the_systems_that_have_it(
        string version,
        string remedy)
    {
        string reason
            = $"/lib/libstdc++.so.6: version `GLIBCXX_{version}' not found (required by /app/libLibTorchSharp.so)";
        NativeLibraries.Explain(
            $"{Tried}{reason}\n/app/LibTorchSharp: cannot open shared object file: No such file or directory\n")
            .ShouldStartWith($"TorchSharp's native library cannot be loaded: {reason}; {remedy}");
    }

    [Fact]
    public void A_library_that_is_missing_behind_it_is_named() =>
        NativeLibraries.Explain(Tried + "libgomp.so.1: cannot open shared object file: No such file or directory\n")
            .ShouldBe("TorchSharp's native library cannot be loaded: libgomp.so.1: cannot open shared object file: No "
                + "such file or directory");

    [Fact]
    public void An_application_without_the_library_is_told_so() =>
        NativeLibraries.Explain(Tried).ShouldContain("refers to no package that brings it");

    [SkippableFact]
    public void Only_the_known_library_is_changed_and_never_the_file_that_it_is_a_link_to()
    {
        string library = Path.Combine(
            AppContext.BaseDirectory,
            "runtimes",
            "linux-x64",
            "native",
            "libLibTorchSharp.so");
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists(library), "the library is that of Linux");
        byte[] original = File.ReadAllBytes(library);
        original[OlderLibstdcxx.Flags] = 0;
        File.WriteAllBytes(directory["packages"], original);
        File.CreateSymbolicLink(directory["libLibTorchSharp.so"], directory["packages"]);

        OlderLibstdcxx.Weaken(directory["libLibTorchSharp.so"]).ShouldBeTrue();
        File.ReadAllBytes(directory["packages"]).ShouldBe(original);
        byte[] changed = File.ReadAllBytes(directory["libLibTorchSharp.so"]);
        Enumerable.Range(0, original.Length).Where(i => changed[i] != original[i]).ShouldHaveSingleItem();
        OlderLibstdcxx.Weaken(directory["libLibTorchSharp.so"]).ShouldBeFalse();
        File.ReadAllBytes(directory["libLibTorchSharp.so"]).ShouldBe(changed);
    }

    public void Dispose() => directory.Dispose();
}
