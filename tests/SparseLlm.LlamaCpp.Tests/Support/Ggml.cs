using System.Runtime.InteropServices;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.LlamaCpp.Tests.Support;

/// <summary>ggml, llama.cpp's library of tensors: its reference quantisation, and its reader of files.</summary>
internal static class Ggml
{
    private const string Library = "ggml-base";

    static Ggml() => NativeLibrary.SetDllImportResolver(
        typeof(Ggml).Assembly, (name, _, _) => name == Library ? NativeLibrary.Load(Find()) : 0);

    /// <summary>The bytes of whole blocks of values.</summary>
    public static byte[] Quantize(GgufElementType type, float[] values)
    {
        var bytes = new byte[type.ByteLength(values.Length)];
        switch (type)
        {
            case GgufElementType.Q8_0:
                QuantizeEightBits(values, bytes, values.Length);
                return bytes;
            case GgufElementType.Q4_0:
                QuantizeFourBits(values, bytes, values.Length);
                return bytes;
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    /// <summary>The values that bytes of whole blocks stand for.</summary>
    public static float[] Dequantize(GgufElementType type, byte[] bytes)
    {
        var values = new float[bytes.Length / type.ByteLength(type.BlockLength()) * type.BlockLength()];
        switch (type)
        {
            case GgufElementType.F32:
                Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
                return values;
            case GgufElementType.F16:
                FromHalfPrecision(bytes, values, values.Length);
                return values;
            case GgufElementType.BF16:
                FromUpperHalves(bytes, values, values.Length);
                return values;
            case GgufElementType.Q8_0:
                DequantizeEightBits(bytes, values, values.Length);
                return values;
            case GgufElementType.Q4_0:
                DequantizeFourBits(bytes, values, values.Length);
                return values;
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    [DllImport(Library, EntryPoint = "gguf_init_from_file")]
    public static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, OpenParameters parameters);

    [DllImport(Library, EntryPoint = "gguf_free")]
    public static extern void Close(nint file);

    [DllImport(Library, EntryPoint = "gguf_get_data_offset")]
    public static extern long DataOffset(nint file);

    [DllImport(Library, EntryPoint = "gguf_get_n_tensors")]
    public static extern long TensorCount(nint file);

    [DllImport(Library, EntryPoint = "gguf_get_tensor_offset")]
    public static extern long TensorOffset(nint file, long index);

    [DllImport(Library, EntryPoint = "gguf_get_tensor_size")]
    public static extern long TensorSize(nint file, long index);

    [DllImport(Library, EntryPoint = "gguf_get_tensor_type")]
    public static extern int TensorType(nint file, long index);

    public static string TensorName(nint file, long index) => Marshal.PtrToStringUTF8(TensorNamePointer(file, index))!;

    [DllImport(Library, EntryPoint = "gguf_get_tensor_name")]
    private static extern nint TensorNamePointer(nint file, long index);

    [DllImport(Library, EntryPoint = "ggml_fp16_to_fp32_row")]
    private static extern void FromHalfPrecision(byte[] source, float[] destination, long length);

    [DllImport(Library, EntryPoint = "ggml_bf16_to_fp32_row")]
    private static extern void FromUpperHalves(byte[] source, float[] destination, long length);

    [DllImport(Library, EntryPoint = "quantize_row_q8_0_ref")]
    private static extern void QuantizeEightBits(float[] source, byte[] destination, long length);

    [DllImport(Library, EntryPoint = "dequantize_row_q8_0")]
    private static extern void DequantizeEightBits(byte[] source, float[] destination, long length);

    [DllImport(Library, EntryPoint = "quantize_row_q4_0_ref")]
    private static extern void QuantizeFourBits(float[] source, byte[] destination, long length);

    [DllImport(Library, EntryPoint = "dequantize_row_q4_0")]
    private static extern void DequantizeFourBits(byte[] source, float[] destination, long length);

    // Each build of llama.cpp for x64 comes with the same file.
    private static string Find() =>
        Directory.EnumerateFiles(
            Path.Combine(AppContext.BaseDirectory, "runtimes"),
            $"*{Library}.*",
            SearchOption.AllDirectories).First();

    /// <summary>Where ggml is to make the tensors of the file: by default nowhere.</summary>
    public readonly record struct OpenParameters(byte AllocateNothing, nint Context);
}
