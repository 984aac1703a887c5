using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>pytorch_model.bin</c>, down to the elements: a whole file in either form, or the pickle alone, so that
/// most inputs are in an archive that can be read.</summary>
/// <param name="isWhole">Whether an input is the whole file.</param>
internal sealed class TorchTarget(bool isWhole) : FuzzTarget
{
    private static readonly TorchStorageBytes Floats = new(
        "0",
        "FloatStorage",
        4,
        [.. Enumerable.Range(0, 48).Select(i => (byte)i)]);
    private static readonly TorchStorageBytes Halves = new("1", "HalfStorage", 2, [0, 0x3C, 0, 0xC0]);

    private static readonly TorchTensorBytes[] Tensors =
    [
        new("a.weight", Floats, 0, [3, 4], [4, 1]),
        new("a.turned", Floats, 0, [4, 3], [1, 4]) { IsParameter = true },
        new("a.part", Floats, 2, [2, 2], [4, 2]),
        new("b", Halves, 0, [2], [1]),
        new("scalar", Halves, 1, [], []),
    ];

    public override string Name => isWhole ? "torch" : "torch-pickle";

    public override IReadOnlyList<Sample> Samples { get; } = isWhole
        ? [new(TorchBytes.Zip(Tensors)), new(TorchBytes.Wide(TorchBytes.Zip(Tensors))), new(TorchBytes.Legacy(Tensors))]
        : [new(Pickle(2)), new(Pickle(4))];

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "pytorch_model.bin", isWhole ? input : TorchBytes.Zip(input, Floats, Halves));
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            checkpoint.ReadBytes(tensor, 0, new byte[tensor.ByteLength]);
            if (tensor.ElementType.IsConvertible())
            {
                checkpoint.Read(tensor, 0, new float[tensor.ElementCount]);
            }
        }

        return true;
    }

    private static byte[] Pickle(byte protocol)
        => new PickleBytes().Protocol(protocol).StateDict(Tensors, isOld: false).Op(".").ToArray();
}
