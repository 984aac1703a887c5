using System.Runtime.InteropServices;
using System.Text;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>A folder with a synthetic model and seeded calibration tokens, deleted when done.</summary>
internal sealed class Workload : IDisposable
{
    private const int Vocabulary = 2048;
    private const int HeaderLength = 118;

    private readonly string root;

    public Workload(string directory, SyntheticModel shape, int tokens)
    {
        root = Directory.CreateDirectory(Path.Combine(directory, $"sparsellm-prune-{Environment.ProcessId}")).FullName;
        shape.Write(Model);
        WriteIds(tokens);
    }

    public string Model => Path.Combine(root, "model");

    public string Ids => Path.Combine(root, "ids.npy");

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>NumPy's format, version 1.0: magic, the length of a header, the header, the ids.</summary>
    private void WriteIds(int count)
    {
        var random = new Random(3);
        var ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = random.Next(Vocabulary);
        }

        string description = $"{{'descr': '<i4', 'fortran_order': False, 'shape': ({count},), }}".PadRight(
            HeaderLength - 1) + '\n';
        using FileStream file = File.Create(Ids);
        file.Write([0x93, .. "NUMPY"u8, 1, 0, HeaderLength, 0, .. Encoding.ASCII.GetBytes(description)]);
        file.Write(MemoryMarshal.AsBytes(ids.AsSpan()));
    }
}
