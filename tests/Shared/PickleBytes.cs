using System.Buffers.Binary;
using System.Text;

namespace SparseLlm.Tests;

/// <summary>Writes a pickle, opcode by opcode, also such as no program should write.</summary>
internal sealed class PickleBytes
{
    private readonly MemoryStream bytes = new();

    /// <summary>What has been written.</summary>
    public byte[] ToArray() => bytes.ToArray();

    /// <summary>Opcodes without arguments, or whatever bytes.</summary>
    public PickleBytes Op(params ReadOnlySpan<byte> codes)
    {
        bytes.Write(codes);
        return this;
    }

    /// <summary>Opcodes that are letters.</summary>
    public PickleBytes Op(string codes) => Op(Encoding.Latin1.GetBytes(codes));

    public PickleBytes Protocol(byte version = 2) => Op(0x80, version);

    public PickleBytes Text(string text)
        => Op("X").Op(Number(Encoding.UTF8.GetByteCount(text))).Op(Encoding.UTF8.GetBytes(text));

    public PickleBytes Whole(long number)
    {
        byte[] digits = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(digits, number);
        return Op(0x8A, sizeof(long)).Op(digits);
    }

    /// <summary>A class or function.</summary>
    public PickleBytes Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleBytes Wholes(params IEnumerable<long> numbers)
    {
        Op("(");
        foreach (long number in numbers)
        {
            Whole(number);
        }

        return Op("t");
    }

    /// <summary>A storage, in the old form with the view that it is not.</summary>
    public PickleBytes Storage(TorchStorageBytes storage, bool isOld)
    {
        Op("(").Text("storage").Global("torch", storage.Class).Text(storage.Key).Text("cpu").Whole(storage.Count);
        return Op(isOld ? "Nt" : "t").Op("Q");
    }

    /// <summary>A call of <c>_rebuild_tensor_v2</c>.</summary>
    public PickleBytes Tensor(TorchTensorBytes tensor, bool isOld)
    {
        if (tensor.IsParameter)
        {
            Global("torch._utils", "_rebuild_parameter").Op("(");
        }

        Global("torch._utils", "_rebuild_tensor_v2").Op("(").Storage(tensor.Storage, isOld).Whole(tensor.Offset)
            .Wholes(tensor.Shape)
            .Wholes(tensor.Strides)
            .Op(0x89)
            .Global("collections", "OrderedDict")
            .Op(")RtR");
        return tensor.IsParameter ? Op(0x88).Global("collections", "OrderedDict").Op(")RtR") : this;
    }

    /// <summary>A state dict, with the versions of its modules as state of its own, as modules write it.</summary>
    public PickleBytes StateDict(IEnumerable<TorchTensorBytes> tensors, bool isOld)
    {
        Global("collections", "OrderedDict").Op(")R(");
        foreach (TorchTensorBytes tensor in tensors)
        {
            Text(tensor.Name).Tensor(tensor, isOld);
        }

        return Op("u}").Text("_metadata").Global("collections", "OrderedDict").Op(")R").Op("sb");
    }

    private static byte[] Number(int number)
    {
        byte[] digits = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(digits, number);
        return digits;
    }
}
