using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Fuzz.Targets;

/// <summary>A text of JSON lines.</summary>
internal sealed class RecordsTarget : FuzzTarget
{
    private readonly Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(Repository.Model("tiny-llama")));

    public override string Name => "records";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        Sample.Of("{\"text\":\"A river.\",\"url\":\"https://example.com/\"}\n{\"text\":\"\\ud83d\\ude00 "
            + "b\\n\",\"score\":1.5,\"tags\":[1,null]}\n\n{\"id\":3,\"text\":\"c\"}\n"),
    ];

    public override bool Read(byte[] input, string folder) =>
        CalibrationText.ReadIds(new TextSource([Write(folder, "text.jsonl", input)]), () => tokenizer.Value)
            .Length >= 0;
}
