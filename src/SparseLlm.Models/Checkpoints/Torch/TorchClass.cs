namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>One of the few classes and functions that files of tensors name. None is ever called: what a call of it
/// would make is made here.</summary>
/// <param name="Kind">What it makes.</param>
/// <param name="ElementType">Of a storage or a type of elements: which.</param>
internal sealed record TorchClass(TorchClassKind Kind, ElementType ElementType = default)
{
    private static readonly Dictionary<string, TorchClass> Known = new()
    {
        ["collections.OrderedDict"] = new(TorchClassKind.Dictionary),
        ["builtins.set"] = new(TorchClassKind.Ignored),
        ["__builtin__.set"] = new(TorchClassKind.Ignored),
        ["_codecs.encode"] = new(TorchClassKind.Ignored),
        ["torch.device"] = new(TorchClassKind.Ignored),
        ["torch.Size"] = new(TorchClassKind.Size),
        ["torch._utils._rebuild_tensor"] = new(TorchClassKind.Tensor),
        ["torch._utils._rebuild_tensor_v2"] = new(TorchClassKind.Tensor),
        ["torch._utils._rebuild_tensor_v3"] = new(TorchClassKind.TypedTensor),
        ["torch._utils._rebuild_parameter"] = new(TorchClassKind.Parameter),
        ["torch._utils._rebuild_parameter_with_state"] = new(TorchClassKind.Parameter),
        ["torch.storage.UntypedStorage"] = Storage(ElementType.U8),
        ["torch.UntypedStorage"] = Storage(ElementType.U8),
        ["torch.BoolStorage"] = Storage(ElementType.BOOL),
        ["torch.ByteStorage"] = Storage(ElementType.U8),
        ["torch.CharStorage"] = Storage(ElementType.I8),
        ["torch.ShortStorage"] = Storage(ElementType.I16),
        ["torch.IntStorage"] = Storage(ElementType.I32),
        ["torch.LongStorage"] = Storage(ElementType.I64),
        ["torch.HalfStorage"] = Storage(ElementType.F16),
        ["torch.BFloat16Storage"] = Storage(ElementType.BF16),
        ["torch.FloatStorage"] = Storage(ElementType.F32),
        ["torch.DoubleStorage"] = Storage(ElementType.F64),
        ["torch.ComplexFloatStorage"] = Storage(ElementType.C64),
        ["torch.bool"] = Elements(ElementType.BOOL),
        ["torch.uint8"] = Elements(ElementType.U8),
        ["torch.int8"] = Elements(ElementType.I8),
        ["torch.int16"] = Elements(ElementType.I16),
        ["torch.uint16"] = Elements(ElementType.U16),
        ["torch.int32"] = Elements(ElementType.I32),
        ["torch.uint32"] = Elements(ElementType.U32),
        ["torch.int64"] = Elements(ElementType.I64),
        ["torch.uint64"] = Elements(ElementType.U64),
        ["torch.float8_e4m3fn"] = Elements(ElementType.F8_E4M3),
        ["torch.float8_e5m2"] = Elements(ElementType.F8_E5M2),
        ["torch.float8_e8m0fnu"] = Elements(ElementType.F8_E8M0),
        ["torch.float16"] = Elements(ElementType.F16),
        ["torch.bfloat16"] = Elements(ElementType.BF16),
        ["torch.float32"] = Elements(ElementType.F32),
        ["torch.float64"] = Elements(ElementType.F64),
        ["torch.complex64"] = Elements(ElementType.C64),
    };

    /// <summary>The class of that name; null where it is none of these.</summary>
    /// <param name="name">Module and class, with a dot between them.</param>
    public static TorchClass? Find(string name) => Known.GetValueOrDefault(name);

    private static TorchClass Storage(ElementType type) => new(TorchClassKind.Storage, type);

    private static TorchClass Elements(ElementType type) => new(TorchClassKind.ElementType, type);
}

/// <summary>What a class or function makes.</summary>
internal enum TorchClassKind
{
    /// <summary>A dictionary.</summary>
    Dictionary,

    /// <summary>Something that nobody asks for.</summary>
    Ignored,

    /// <summary>The dimensions of a tensor.</summary>
    Size,

    /// <summary>A tensor with the type of its storage.</summary>
    Tensor,

    /// <summary>A tensor with a type of its own.</summary>
    TypedTensor,

    /// <summary>A tensor that is trained.</summary>
    Parameter,

    /// <summary>A storage; it is named, and never made by a call.</summary>
    Storage,

    /// <summary>A type of elements; it is named, and never called.</summary>
    ElementType,
}
