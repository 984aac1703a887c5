using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>model.safetensors.index.json</c>, beside shards that fit the samples.</summary>
internal sealed class ShardIndexTarget : FuzzTarget
{
    public override string Name => "index";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        Sample.Of("""{"metadata":{"total_size":24},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""),
    ];

    public override void Prepare(string folder)
    {
        foreach ((string name, string tensor) in (ReadOnlySpan<(string, string)>)[
            ("model-00001-of-00002.safetensors", "a"), ("model-00002-of-00002.safetensors", "b")])
        {
            string header = "{\"" + tensor + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
            File.WriteAllBytes(Path.Combine(folder, name), [.. BitConverter.GetBytes((ulong)header.Length),
            .. System.Text.Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        }
    }

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "model.safetensors.index.json", input);
        Checkpoint.Files(folder);
        Checkpoint.Open(folder).Dispose();
        return true;
    }
}
