using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.TorchSharp.Cuda;
using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Products;

namespace SparseLlm.Numerics.TorchSharp;

/// <summary>
/// The backend on libtorch: matrices are tensors of a device and stay there. Each part of the contract is one file of
/// this class, which checks shapes; what is more than a few tensor operations is in the folders beside it. The same
/// bits come out on every run on the same device, unless memory runs out: then sums over tokens end elsewhere.
/// </summary>
public sealed partial class TorchBackend : IBackend
{
    /// <summary>From this size on, a freed block of main memory goes back to the system.</summary>
    private const int LargeBlock = 1 << 21;

    private readonly torch.Device device;
    private readonly OperationLog? log;
    private readonly HostTransfer transfer;
    private readonly RowChunks chunks;
    private readonly Precision precision;
    private readonly SingleProducts products;
    private readonly DeviceKernels? kernels;

    /// <summary>A backend on a device.</summary>
    /// <param name="device"><c>cuda</c>, <c>cuda:1</c> (the second CUDA device) or <c>cpu</c>.</param>
    /// <param name="notice">Hears what a user should know of while it computes: that the device's memory ran
    /// out.</param>
    /// <param name="log">Hears of every operation; null where nobody wants to know.</param>
    /// <param name="precision">How products in single precision are computed.</param>
    /// <exception cref="ArgumentException">There is no such kind of device.</exception>
    /// <exception cref="InvalidOperationException">This machine, or this libtorch, does not have the
    /// device.</exception>
    /// <exception cref="NotSupportedException">The native libraries of TorchSharp cannot be loaded.</exception>
    public TorchBackend(
        string device = "cuda",
        Action<string>? notice = null,
        OperationLog? log = null,
        Precision precision = Precision.Exact)
    {
        this.device = Find(device);
        this.log = log;
        this.precision = precision;
        kernels = MakeKernels(notice);
        products = new SingleProducts(precision, new HalfParts(kernels?.HalfParts));
        transfer = new HostTransfer(this.device, log);
        chunks = new RowChunks(notice);
        if (IsCuda)
        {
            // Products with mantissas of ten bits would change masks.
            torch.backends.cuda.matmul.allow_tf32 = false;
        }
        else
        {
            LargeBlocks.GiveBack(LargeBlock);
        }
    }

    /// <summary>How many CUDA devices libtorch can use; 0 with a libtorch for CPUs.</summary>
    /// <exception cref="NotSupportedException">The native libraries of TorchSharp cannot be loaded.</exception>
    public static int CudaDevices
    {
        get
        {
            NativeLibraries.Load(withCuda: true);
            return torch.TryInitializeDeviceType(DeviceType.CUDA) ? torch.cuda.device_count() : 0;
        }
    }

    /// <summary>Bytes of memory that are free on a CUDA device; null where the driver does not say.</summary>
    /// <param name="device">Its number among those that are visible.</param>
    public static long? FreeMemory(int device) => CudaDriver.FreeMemory(device);

    /// <inheritdoc/>
    public string NumericsClass =>
        $"torch-{(IsCuda ? "cuda" : "cpu")}-{LibTorchVersion.Loaded}{(IsCuda ? '-' + Slug(DeviceName) : "")}{(precision == Precision.Fast ? "-fast" : "")}/3";

    /// <inheritdoc/>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{(IsCuda ? $"{DeviceName} (CUDA device {device.index})" : $"CPU, {torch.get_num_threads()} threads")}, "
        + $"libtorch {LibTorchVersion.Loaded}{(precision == Precision.Fast ? ", fast products" : "")}");

    /// <inheritdoc/>
    public Gpu? Gpu => IsCuda ? new Gpu(DeviceName, CudaVersions.Driver, CudaVersions.Runtime) : null;

    private bool IsCuda => device.type == DeviceType.CUDA;

    /// <summary>GPUs of another model end sums elsewhere.</summary>
    private string DeviceName => CudaDriver.DeviceName(device.index);

    /// <inheritdoc/>
    public void Dispose()
    {
        products.Dispose();
        transfer.Dispose();
    }

    private Operation Begin([CallerMemberName] string name = "") => new(name, device, log);

    /// <summary>Null where the device is the CPU, or where a kernel cannot be made: the same is then done by tensor
    /// operations, for which a GPU waits.</summary>
    private DeviceKernels? MakeKernels(Action<string>? notice)
    {
        if (!IsCuda)
        {
            return null;
        }

        try
        {
            return new DeviceKernels(device.index);
        }
        catch (Exception exception)
            when (exception is DllNotFoundException or EntryPointNotFoundException or InvalidOperationException)
        {
            notice?.Invoke($"Kernels for the device cannot be made ({exception.Message}): it computes more slowly.");
            return null;
        }
    }

    /// <summary>A name in lower-case letters, digits and hyphens.</summary>
    private static string Slug(string name) => NoLetterOrDigit().Replace(name.ToLowerInvariant(), "-");

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoLetterOrDigit();

    private static torch.Device Find(string name)
    {
        if (name == "cpu")
        {
            NativeLibraries.Load(withCuda: false);
            torch.InitializeDeviceType(DeviceType.CPU);
            return new torch.Device(DeviceType.CPU);
        }

        int index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(5), out index)
            && index >= 0))
        {
            throw new ArgumentException(
                $"'{name}' is not a device; there are cpu, cuda, and cuda:N for device N.",
                nameof(name));
        }

        int devices = CudaDevices;
        return index < devices
            ? new torch.Device(DeviceType.CUDA, index)
            : throw new InvalidOperationException(
                FormattableString.Invariant($"There is no device {name}: libtorch finds {devices} CUDA devices."));
    }

    private static bool Overlap<T>(Matrix<T> x, Matrix<T> y)
        where T : unmanaged => Operation.Own(x).Overlaps(Operation.Own(y));
}
