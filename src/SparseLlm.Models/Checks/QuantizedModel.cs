using SparseLlm.Diagnostics;
using SparseLlm.Models.Architectures;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Checks;

/// <summary>Recognises models whose weights are stored as something else than numbers of a common type, by their config
/// or their tensors.</summary>
internal static class QuantizedModel
{
    private const string Mxfp4 = "MXFP4";
    private const string Remedy = "prune the original model, and quantise the pruned one";
    private const string RemedyOfMxfp4
        = "load it with Mxfp4Config(dequantize=True) in transformers, save it, and prune what that gives";

    // transformers; MLX.
    private static readonly string[] Fields = ["quantization_config", "compression_config", "quantization"];

    /// <summary>The last part of a tensor's name, and what writes it.</summary>
    private static readonly Dictionary<string, string> Formats = new()
    {
        ["qweight"] = "GPTQ or AWQ",
        ["qzeros"] = "GPTQ or AWQ",
        ["g_idx"] = "GPTQ",
        ["absmax"] = "bitsandbytes",
        ["quant_map"] = "bitsandbytes",
        ["nested_absmax"] = "bitsandbytes",
        ["nested_quant_map"] = "bitsandbytes",
        ["bitsandbytes__nf4"] = "bitsandbytes",
        ["bitsandbytes__fp4"] = "bitsandbytes",
        ["SCB"] = "bitsandbytes",
        ["weight_format"] = "bitsandbytes",
        ["weight_packed"] = "compressed-tensors",
        ["weight_shape"] = "compressed-tensors",
        ["weight_zero_point"] = "compressed-tensors",
        ["weight_scale"] = "FP8, NVFP4 or compressed-tensors",
        ["weight_scale_2"] = "NVFP4",
        ["weight_scale_inv"] = "FP8",
        ["input_scale"] = "FP8 or NVFP4",
        ["k_scale"] = "FP8",
        ["v_scale"] = "FP8",
        ["weight_blocks"] = Mxfp4,
        ["weight_scales"] = Mxfp4,
        ["gate_up_proj_blocks"] = Mxfp4,
        ["gate_up_proj_scales"] = Mxfp4,
        ["down_proj_blocks"] = Mxfp4,
        ["down_proj_scales"] = Mxfp4,
        ["scales"] = "MLX, GPTQ or AWQ",
        ["biases"] = "MLX",
        ["q_weight"] = "EXL2",
        ["q_scale"] = "EXL2",
        ["trellis"] = "EXL3",
        ["W_q"] = "HQQ",
        ["Qidxs"] = "QuIP#",
        ["codebooks"] = "AQLM",
    };

    /// <summary>Refuses a config that says so.</summary>
    /// <exception cref="DiagnosticException">It does.</exception>
    public static void Refuse(ModelConfig config)
    {
        foreach (string field in Fields)
        {
            if (config.Object(field) is { } quantization && quantization.Unread.Any())
            {
                string? method = quantization.Has("quant_method") ? quantization.Text("quant_method") : null;
                throw config.Error(
                    ModelDiagnostics.QuantizedModel,
                    $"{field} says that the weights are quantised or "
                    + $"compressed{(method is null ? "" : $" with {Excerpt.Of(method)}")}; {RemedyOf(method)}");
            }
        }
    }

    /// <summary>What the first tensor says that only a quantised model has; null if there is none.</summary>
    public static Diagnostic? Find(IEnumerable<TensorInfo> tensors, Checkpoint checkpoint)
    {
        TensorInfo? tensor = tensors.FirstOrDefault(tensor => Formats.ContainsKey(LastPart(tensor)));
        return tensor is null ? null : ModelDiagnostics.QuantizedModel.At(
            new SourceLocation(checkpoint.PathOf(tensor)),
            $"tensor '{tensor.Name}' belongs to quantised weights ({Formats[LastPart(tensor)]}); "
            + $"{RemedyOf(Formats[LastPart(tensor)])}");
    }

    /// <summary>What to do: the models in MXFP4 have no other original.</summary>
    private static string RemedyOf(string? method)
        => string.Equals(method, Mxfp4, StringComparison.OrdinalIgnoreCase) ? RemedyOfMxfp4 : Remedy;

    private static string LastPart(TensorInfo tensor) => tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..];
}
