using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Fuzz.Targets;

/// <summary>A text in a column of a Parquet file.</summary>
internal sealed class TableTarget : FuzzTarget
{
    // A page of a few bytes can say that it has a text a billion times. Pruning reads no more tokens than it needs.
    private const int Tokens = 500;

    private static readonly string[] Fields = ["text", "messages[].content"];

    private readonly Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(Repository.Model("tiny-llama")));

    public override string Name => "tables";

    // As DuckDB writes them: pages of the first version as they are, and of the second one packed, with differences for
    // lengths.
    public override IReadOnlyList<Sample> Samples { get; }
        = [Sample.OfFile("table-plain.parquet"), Sample.OfFile("table-packed.parquet")];

    public override bool Read(byte[] input, string folder)
    {
        string path = Write(folder, "text.parquet", input);
        return Fields.Sum(
            field => CalibrationText.ReadIds(new TextSource([path], field), () => tokenizer.Value,
                count: Tokens).Length) >= 0;
    }
}
