using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.LlamaCpp.Tests.Support;

/// <summary>The tensors of a GGUF file, found and decoded by ggml.</summary>
internal static class GgmlFile
{
    /// <summary>Their names, types and values.</summary>
    public static Dictionary<string, (GgufElementType Type, float[] Values)> Read(string path)
    {
        nint file = Ggml.Open(path, default);
        file.ShouldNotBe(0, $"ggml cannot read {path}");
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            var tensors = new Dictionary<string, (GgufElementType, float[])>();
            for (long index = 0; index < Ggml.TensorCount(file); index++)
            {
                int start = (int)(Ggml.DataOffset(file) + Ggml.TensorOffset(file, index));
                byte[] stored = bytes[start..(start + (int)Ggml.TensorSize(file, index))];
                var type = (GgufElementType)Ggml.TensorType(file, index);
                tensors.Add(Ggml.TensorName(file, index), (type, Ggml.Dequantize(type, stored)));
            }

            return tensors;
        }
        finally
        {
            Ggml.Close(file);
        }
    }
}
