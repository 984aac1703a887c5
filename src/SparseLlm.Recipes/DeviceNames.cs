namespace SparseLlm.Recipes;

/// <summary>The devices that a recipe and the command line can name.</summary>
public static class DeviceNames
{
    /// <summary>An installed engine on a GPU where there is one, else the built-in engine.</summary>
    public const string Auto = "auto";

    /// <summary>The built-in engine.</summary>
    public const string Cpu = "cpu";

    /// <summary>libtorch on the processor, an engine to be installed.</summary>
    public const string CpuTorch = "cpu-torch";

    /// <summary>libtorch on an Nvidia GPU, an engine to be installed.</summary>
    public const string Cuda = "cuda";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Auto, Cpu, CpuTorch, Cuda];
}
