using System.Text.Json.Nodes;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Forward;

/// <summary>
/// Hugging Face's forward passes in double precision, written down from modeling_opt.py, modeling_llama.py,
/// modeling_mistral.py, modeling_qwen2.py and modeling_rope_utils.py, one number at a time. Shares nothing with the
/// library.
/// </summary>
internal sealed class SlowModel(TinyModel model, string prefix)
{
    private readonly JsonObject config = model.Config;

    /// <summary>Logits [token][vocabulary] of one sequence.</summary>
    public double[][] OptLogits(int[] ids)
    {
        bool before = model.Flag("do_layer_norm_before", true);
        double[][] x = [.. ids.Select(id => Row(prefix + "embed_tokens", id))];
        if (Has(prefix + "project_in"))
        {
            x = Linear(prefix + "project_in", x);
        }

        x = [.. x.Select((row, position) => Add(row, Row(prefix + "embed_positions", position + 2)))];
        for (int i = 0; i < model.Int("num_hidden_layers", 0); i++)
        {
            string layer = $"{prefix}layers.{i}.";
            double[][] residual = x;
            double[][] h = before ? LayerNorm(layer + "self_attn_layer_norm", x) : x;
            double[][] q = Linear(layer + "self_attn.q_proj", h);
            double[][] k = Linear(layer + "self_attn.k_proj", h);
            double[][] v = Linear(layer + "self_attn.v_proj", h);
            h = Linear(layer + "self_attn.out_proj", Attend(q, k, v, width: 4, window: int.MaxValue));
            x = Sum(residual, h);
            x = before ? x : LayerNorm(layer + "self_attn_layer_norm", x);

            residual = x;
            h = before ? LayerNorm(layer + "final_layer_norm", x) : x;
            h = Map(Linear(layer + "fc1", h), value => Math.Max(value, 0));
            x = Sum(residual, Linear(layer + "fc2", h));
            x = before ? x : LayerNorm(layer + "final_layer_norm", x);
        }

        if (before && !model.Flag("_remove_final_layer_norm", false))
        {
            x = LayerNorm(prefix + "final_layer_norm", x);
        }

        if (Has(prefix + "project_out"))
        {
            x = Linear(prefix + "project_out", x);
        }

        return Linear(model.Flag("tie_word_embeddings", true) ? prefix + "embed_tokens" : "lm_head", x);
    }

    /// <summary>Logits [token][vocabulary] of one sequence, with a window per layer.</summary>
    public double[][] LlamaLogits(int[] ids, params int[] windows)
    {
        int width = model.Int("head_dim", 16 / model.Int("num_attention_heads", 0));
        double[] frequencies = InverseFrequencies(width);
        double[][] x = [.. ids.Select(id => Row(prefix + "embed_tokens", id))];
        for (int i = 0; i < model.Int("num_hidden_layers", 0); i++)
        {
            string layer = $"{prefix}layers.{i}.";
            double[][] h = RmsNorm(layer + "input_layernorm", x);
            double[][] q = Rotate(Linear(layer + "self_attn.q_proj", h), width, frequencies);
            double[][] k = Rotate(Linear(layer + "self_attn.k_proj", h), width, frequencies);
            double[][] v = Linear(layer + "self_attn.v_proj", h);
            int window = windows.Length == 0 ? int.MaxValue : windows[i];
            x = Sum(x, Linear(layer + "self_attn.o_proj", Attend(q, k, v, width, window)));

            h = RmsNorm(layer + "post_attention_layernorm", x);
            double[][] gate = Map(Linear(layer + "mlp.gate_proj", h), value => value / (1 + Math.Exp(-value)));
            double[][] up = Linear(layer + "mlp.up_proj", h);
            double[][] hidden = [.. gate.Select((row, t) => row.Select((value, c) => value * up[t][c]).ToArray())];
            x = Sum(x, Linear(layer + "mlp.down_proj", hidden));
        }

        return Linear(
            model.Flag("tie_word_embeddings", false) ? prefix + "embed_tokens" : "lm_head",
            RmsNorm(prefix + "norm", x));
    }

    private double[] InverseFrequencies(int width)
    {
        JsonNode? scaling = config["rope_parameters"] ?? config["rope_scaling"];
        double theta = (double?)scaling?["rope_theta"] ?? (double?)config["rope_theta"] ?? 10000;
        string type = (string?)scaling?["rope_type"] ?? (string?)scaling?["type"] ?? "default";
        double[] frequencies = [.. Enumerable.Range(0, width / 2).Select(i => 1 / Math.Pow(theta, 2.0 * i / width))];
        if (type == "linear")
        {
            return [.. frequencies.Select(frequency => frequency / (double)scaling!["factor"]!)];
        }

        if (type == "llama3")
        {
            double factor = (double)scaling!["factor"]!;
            double lowFactor = (double)scaling["low_freq_factor"]!;
            double highFactor = (double)scaling["high_freq_factor"]!;
            double oldLength = (double)scaling["original_max_position_embeddings"]!;
            return [.. frequencies.Select(frequency =>
            {
                double wavelength = 2 * Math.PI / frequency;
                if (wavelength < oldLength / highFactor)
                {
                    return frequency;
                }

                if (wavelength > oldLength / lowFactor)
                {
                    return frequency / factor;
                }

                double smooth = (oldLength / wavelength - lowFactor) / (highFactor - lowFactor);
                return (1 - smooth) * frequency / factor + smooth * frequency;
            })];
        }

        return frequencies;
    }

    private static double[][] Rotate(double[][] x, int width, double[] frequencies)
    {
        double[][] rotated = [.. x.Select(row => row.ToArray())];
        for (int position = 0; position < x.Length; position++)
        {
            for (int c = 0; c < x[position].Length; c++)
            {
                int channel = c % width;
                double angle = position * frequencies[channel % (width / 2)];
                double other = channel < width / 2 ? -x[position][c + width / 2] : x[position][c - width / 2];
                rotated[position][c] = x[position][c] * Math.Cos(angle) + other * Math.Sin(angle);
            }
        }

        return rotated;
    }

    private static double[][] Attend(double[][] q, double[][] k, double[][] v, int width, int window)
    {
        int heads = q[0].Length / width;
        int share = heads / (k[0].Length / width);
        double[][] context = [.. q.Select(row => new double[row.Length])];
        for (int head = 0; head < heads; head++)
        {
            int from = head * width;
            int shared = head / share * width;
            for (int i = 0; i < q.Length; i++)
            {
                double[] weights = new double[q.Length];
                for (int j = 0; j < q.Length; j++)
                {
                    bool sees = j <= i && (long)j > (long)i - window;
                    double score = Enumerable.Range(0, width).Sum(c => q[i][from + c] * k[j][shared + c])
                        / Math.Sqrt(width);
                    weights[j] = sees ? Math.Exp(score) : 0;
                }

                double total = weights.Sum();
                for (int c = 0; c < width; c++)
                {
                    context[i][from + c] = Enumerable.Range(0, q.Length)
                        .Sum(j => weights[j] / total * v[j][shared + c]);
                }
            }
        }

        return context;
    }

    private double[][] LayerNorm(string module, double[][] x)
    {
        double[] gain = Has(module) ? Values(module + ".weight") : [.. x[0].Select(_ => 1.0)];
        double[] bias = Has(module) ? Values(module + ".bias") : [.. x[0].Select(_ => 0.0)];
        return [.. x.Select(row =>
        {
            double mean = row.Average();
            double variance = row.Average(value => (value - mean) * (value - mean));
            return row.Select((value, c) => (value - mean) / Math.Sqrt(variance + 1e-5) * gain[c] + bias[c]).ToArray();
        })];
    }

    private double[][] RmsNorm(string module, double[][] x)
    {
        double epsilon = (double)config["rms_norm_eps"]!;
        double[] gain = Values(module + ".weight");
        return [.. x.Select(row =>
        {
            double scale = 1 / Math.Sqrt(row.Average(value => value * value) + epsilon);
            return row.Select((value, c) => value * scale * gain[c]).ToArray();
        })];
    }

    private double[][] Linear(string module, double[][] x)
    {
        long[] shape = model.Tensors[module + ".weight"].Shape;
        double[] weight = Values(module + ".weight");
        double[] bias = model.Tensors.ContainsKey(module + ".bias") ? Values(module + ".bias") : new double[shape[0]];
        return [.. x.Select(row => Enumerable.Range(0, (int)shape[0])
            .Select(
                output => bias[output] + row.Select((value, input) => value * weight[output * shape[1] + input]).Sum())
            .ToArray())];
    }

    private bool Has(string module) => model.Tensors.ContainsKey(module + ".weight");

    private double[] Values(string tensor) => [.. model.Tensors[tensor].Values.Select(value => (double)value)];

    private double[] Row(string module, int row)
    {
        int width = (int)model.Tensors[module + ".weight"].Shape[1];
        return Values(module + ".weight")[(row * width)..((row + 1) * width)];
    }

    private static double[] Add(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];

    private static double[][] Sum(double[][] x, double[][] y) => [.. x.Zip(y, Add)];

    private static double[][] Map(double[][] x, Func<double, double> function) =>
        [.. x.Select(row => row.Select(function).ToArray())];
}
