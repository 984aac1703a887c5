using System.Globalization;
using System.Text.Json;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests.Forward;

/// <summary>A tiny random model of every family, under every style of its config.json, against what the family's
/// official code computes in double precision.</summary>
public sealed class FamilyModels : IDisposable
{
    // The official code in single precision is off by 3e-6 at most. The two forms of GELU are 1.3e-4 and more apart,
    // every other feature 1e-2.
    private const double Tolerance = 5e-5;

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public static TheoryData<string, string> Models
    {
        get
        {
            var models = new TheoryData<string, string>();
            foreach (string config in Directory.EnumerateFiles(
                Repository.Families,
                "config*.json",
                SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                models.Add(Path.GetFileName(Path.GetDirectoryName(config))!, Path.GetFileName(config));
            }

            return models;
        }
    }

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_losses_and_hidden_states_are_those_of_the_official_code(string family, string config)
    {
        File.Copy(Path.Combine(Repository.Family(family), config), directory["config.json"]);
        File.Copy(Path.Combine(Repository.Family(family), "model.safetensors"), directory["model.safetensors"]);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        JsonElement reference = JsonElement.Parse(
            File.ReadAllBytes(Path.Combine(Repository.Family(family), "reference.json")));
        foreach (JsonElement sequence in reference.GetProperty("sequences").EnumerateArray())
        {
            int[] ids = sequence.GetProperty("token_ids").Deserialize<int[]>()!;
            JsonElement norms = sequence.GetProperty("hidden_norms");
            Matrix<float> hidden = model.Embed(ids, ids.Length);
            ShouldHaveNorms(hidden, norms.GetProperty("embedding"));
            for (int index = 0; index < model.Definition.Layers.Count; index++)
            {
                using DecoderLayer layer = model.LoadLayer(index);
                using Matrix<float> input = hidden;
                hidden = layer.Forward(input, ids.Length);
                ShouldHaveNorms(hidden, norms.GetProperty($"layer{index}"));
            }

            using Matrix<float> last = hidden;
            using LanguageModelHead head = model.LoadHead();
            using Matrix<float>? normalized = head.Norm?.Apply(last);
            ShouldHaveNorms(normalized ?? last, norms.GetProperty("final_norm"));

            using Matrix<float> logits = head.Logits(last);
            Distance(Rows(logits), sequence.GetProperty("logits")).ShouldBeLessThan(Tolerance);
            double[] losses = new double[ids.Length - 1];
            head.Losses(last, ids, ids.Length, losses);
            losses.Average().ShouldBe(sequence.GetProperty("mean_nll").GetDouble(), Tolerance);
        }
    }

    /// <summary>The L2 norm of the difference over that of the reference, for all positions that it has.</summary>
    private static double Distance(float[][] rows, JsonElement reference)
    {
        double difference = 0;
        double total = 0;
        foreach (JsonProperty position in reference.EnumerateObject())
        {
            double[] expected = position.Value.Deserialize<double[]>()!;
            float[] row = rows[int.Parse(position.Name, CultureInfo.InvariantCulture)];
            row.Length.ShouldBe(expected.Length);
            difference += row.Zip(expected, (value, wanted) => (value - wanted) * (value - wanted)).Sum();
            total += expected.Sum(value => value * value);
        }

        return Math.Sqrt(difference / total);
    }

    private void ShouldHaveNorms(Matrix<float> hidden, JsonElement reference)
    {
        float[][] rows = Rows(hidden);
        foreach (JsonProperty position in reference.EnumerateObject())
        {
            float[][] chosen = position.Name == "all"
                ? rows
                : [rows[int.Parse(position.Name, CultureInfo.InvariantCulture)]];
            double norm = Math.Sqrt(chosen.Sum(row => row.Sum(value => (double)value * value)));
            double expected = position.Value.GetDouble();
            norm.ShouldBe(expected, Tolerance * expected);
        }
    }

    private float[][] Rows(Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return [.. values.Chunk(matrix.Columns)];
    }
}
