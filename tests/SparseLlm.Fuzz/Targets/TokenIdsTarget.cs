using System.Text;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Fuzz.Targets;

/// <summary>Token ids in NumPy's format.</summary>
internal sealed class TokenIdsTarget : FuzzTarget
{
    public override string Name => "ids";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        Array(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]),
        Array(2, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2), }", [1, 0, 2, 0, 3, 0, 4, 0]),
        Array(3, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", [5, 0, 0, 0, 0, 0, 0, 0]),
    ];

    public override bool Read(byte[] input, string folder) =>
        CalibrationText.ReadIds(
            new TextSource([Write(folder, "ids.npy", input)]),
            () => throw new InvalidOperationException("ids need no tokenizer")).Length >= 0;

    private static Sample Array(byte version, string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header + "\n");
        byte[] length = BitConverter.GetBytes(text.Length)[..(version == 1 ? 2 : 4)];
        return new Sample([0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. data]);
    }
}
