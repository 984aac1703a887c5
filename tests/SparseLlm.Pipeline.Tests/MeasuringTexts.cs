using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What a text is made of is read with the tokenizer and the chat template of the model.</summary>
public sealed class MeasuringTexts : IDisposable
{
    private const string Template = "{{ bos_token }}{% for message in messages %}[{{ message.role }}] {{ "
        + "message.content }} {% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    private readonly TempDirectory directory = new();
    private readonly string model;

    public MeasuringTexts()
    {
        model = Directory.CreateDirectory(directory["model"]).FullName;
        foreach (string file in Directory.EnumerateFiles(Repository.Model("tiny-llama")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        File.WriteAllLines(directory["chat.jsonl"], Enumerable.Range(
            0,
            20).Select(i => $$"""{"turns": [{"role": "user", "content": "How many reeds grow by river {{i}}?"}, {"role": "assistant", "content": "{{i * i}}."}]}"""));
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Conversations_are_measured_as_the_models_own_template_writes_them_without_a_prompt_for_an_answer()
    {
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), Template);
        Tokenizer tokenizer = Tokenizer.Load(model);
        int[] ids = [.. Enumerable.Range(0, 20).SelectMany(i => tokenizer.Encode(
            $"<s>[user] How many reeds grow by river {i}? [assistant] {i * i}. ",
            addSpecialTokens: false))];
        TokenIdFile(ids);
        Measure(new TextSource([directory["chat.jsonl"]]) { Chat = "turns" }).ShouldBe(
            Measure(new TextSource([directory["ids.npy"]])));
    }

    [Fact]
    public void A_template_writes_the_same_date_on_any_day()
    {
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), "{{ strftime_now('%d %b %Y') }}");
        new ConversationText(model).Render([new JsonObject { ["role"] = "user", ["content"] = "x" }])
            .ShouldBe("26 Jul 2024");
    }

    [Fact]
    public void A_model_without_a_template_is_an_error()
    {
        Diagnostic problem = Should.Throw<DiagnosticException>(
            () => Measure(new TextSource([directory["chat.jsonl"]]) { Chat = "turns" })).Diagnostics.Single();
        (problem.Code, problem.Location!.File).ShouldBe(("SLM3021", model));
    }

    [Fact]
    public void The_first_windows_are_measured_alone_and_no_more_is_read()
    {
        string text = File.ReadAllText(Repository.Text("sample-eval.txt"));
        File.WriteAllText(directory["a.txt"], text);
        File.WriteAllBytes(directory["b.txt"], [.. System.Text.Encoding.UTF8
            .GetBytes(string.Concat(Enumerable.Repeat(text, 1 + (2_500_000 / text.Length)))), 0xFF]);
        int[] ids = Tokenizer.Load(model).Encode(text);
        TokenIdFile(ids[..(4 * 32)]);
        Perplexity first = Measure(new TextSource([directory["a.txt"]]), windows: 4);
        first.ShouldBe(Measure(new TextSource([directory["ids.npy"]])));
        first.Windows.ShouldBe(4);
        Measure(new TextSource([directory["b.txt"]]), windows: 4).ShouldBe(first);
        Should.Throw<DiagnosticException>(() => Measure(new TextSource([directory["b.txt"]])));
    }

    private void TokenIdFile(int[] ids)
    {
        byte[] header = System.Text.Encoding.ASCII
            .GetBytes($"{{'descr': '<i4', 'fortran_order': False, 'shape': ({ids.Length},), }}".PadRight(117) + "\n");
        byte[] values = new byte[ids.Length * sizeof(int)];
        Buffer.BlockCopy(ids, 0, values, 0, values.Length);
        File.WriteAllBytes(
            directory["ids.npy"],
            [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, .. values]);
    }

    private Perplexity Measure(TextSource source, int? windows = null)
    {
        BuildCache cache = BuildCache.Open("off", remote: null, _ => { });
        using IEngine engine = Devices.OpenToMeasure(model, new EngineChoice(DeviceNames.Cpu));
        var text = new PerplexityText("text", source, 32, new SourceLocation(source.Paths[0])) { Windows = windows };
        return new PerplexityMeter(new DenseModel(model, engine.NumericsClass, cache), engine, MemoryBudget.Default)
            .OfDense(text, default);
    }
}
