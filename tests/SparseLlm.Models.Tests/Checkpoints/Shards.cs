using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints;

public sealed class Shards : IDisposable
{
    private const string One = "model-00001-of-00002.safetensors";
    private const string Two = "model-00002-of-00002.safetensors";
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Tensors_are_found_in_their_shards()
    {
        WriteShards();
        WriteIndex(("a", One), ("b", Two), ("c", Two));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.IsSharded.ShouldBeTrue();
        checkpoint.Shards.ShouldBe([One, Two]);
        checkpoint.Tensors.Select(tensor => (tensor.Name, tensor.Shard)).ShouldBe([("a", One), ("c", Two), ("b", Two)]);
        checkpoint.TryGet("b", out TensorInfo? b).ShouldBeTrue();
        float[] values = new float[2];
        checkpoint.Read(b!, 0, values);
        values.ShouldBe([3, 4]);
    }

    [Theory]
    [InlineData("../other.safetensors")]
    [InlineData("a/../../other.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\other.safetensors")]
    [InlineData("..\\other.safetensors")]
    [InlineData("")]
    [InlineData(".")]
    public void Shard_outside_the_directory_is_an_error(string shard)
    {
        WriteShards();
        WriteIndex(("a", One), ("evil", shard));
        ShouldBeMalformedIndex("'evil'");
    }

    [Fact]
    public void Missing_shard_is_an_error_naming_it()
    {
        WriteShards();
        File.Delete(directory[Two]);
        WriteIndex(("a", One), ("b", Two));
        Action opening = () => Checkpoint.Open(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.CheckpointUnreadable).Location!.File.ShouldBe(directory[Two]);
    }

    [Theory]
    [InlineData("gone", Two)]
    [InlineData("a", Two)]
    public void Tensor_that_is_not_in_its_shard_is_an_error(string tensor, string shard)
    {
        WriteShards();
        WriteIndex(("b", Two), (tensor, shard));
        ShouldBeMalformedIndex($"'{tensor}' is listed in '{shard}'");
    }

    [Fact]
    public void Tensor_in_two_shards_is_an_error()
    {
        WriteShards();
        File.Copy(directory[Two], directory[One], overwrite: true);
        WriteIndex(("b", One), ("c", Two));
        Action opening = () => Checkpoint.Open(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.MalformedSafetensors).Message.ShouldContain("'c' is in '" + One);
    }

    [Theory]
    [InlineData("{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}", "listed twice")]
    [InlineData("{\"weight_map\":{}}", "empty")]
    [InlineData("{\"weight_map\":[]}", "no weight_map")]
    [InlineData("{}", "no weight_map")]
    [InlineData("[]", "no weight_map")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "'a' is listed in '1'")]
    [InlineData("{\"weight_map\":", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    public void Malformed_index_is_an_error(string index, string problem)
    {
        File.WriteAllText(directory["model.safetensors.index.json"], index);
        ShouldBeMalformedIndex(problem);
    }

    private void WriteShards()
    {
        SafetensorsFile.Write(directory[One], ElementType.F32, [("a", [1], [1])]);
        SafetensorsFile.Write(directory[Two], ElementType.F16, [("c", [1], [2]), ("b", [2], [3, 4])]);
    }

    private void WriteIndex(params (string Tensor, string Shard)[] map) =>
        File.WriteAllText(
            directory["model.safetensors.index.json"],
            JsonSerializer.Serialize(new { weight_map = map.ToDictionary(entry => entry.Tensor, entry => entry.Shard) }));

    private void ShouldBeMalformedIndex(string problem)
    {
        Action opening = () => Checkpoint.Open(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.MalformedIndex).Message.ShouldContain(problem);
    }
}
