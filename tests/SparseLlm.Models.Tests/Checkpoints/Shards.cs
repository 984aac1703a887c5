using System.Text;
using System.Text.Json;
using SparseLlm.Diagnostics;
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
    public void Tensor_that_is_not_where_the_index_lists_it_is_not_there(string tensor, string shard)
    {
        WriteShards();
        WriteIndex(("b", Two), ("c", One), (tensor, shard));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.TryGet(tensor, out _).ShouldBeFalse();
        checkpoint.ListedIn(tensor).ShouldBe(shard);
    }

    [Fact]
    public void Of_two_copies_that_counts_which_the_index_lists()
    {
        WriteShards();
        SafetensorsFile.Write(directory[One], ElementType.F16, [("a", [1], [1]), ("b", [2], [7, 8])]);
        WriteIndex(("a", One), ("b", One), ("c", Two));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        float[] values = new float[2];
        checkpoint.Read(checkpoint["b"], 0, values);
        values.ShouldBe([7, 8]);
        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(["a", "b", "c"]);
        checkpoint.Superseded.ShouldHaveSingleItem().Shard.ShouldBe(Two);
    }

    [Fact]
    public void Copies_that_the_index_does_not_list_are_an_error_naming_both_shards()
    {
        WriteShards();
        SafetensorsFile.Write(directory[One], ElementType.F16, [("a", [1], [1]), ("b", [2], [7, 8])]);
        WriteIndex(("a", One), ("c", Two));
        ShouldBeMalformedIndex($"'b' is in '{One}' and in '{Two}'");
    }

    [Theory]
    [InlineData("{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}", "listed twice")]
    [InlineData("{\"weight_map\":{}}", "empty")]
    [InlineData("{\"weight_map\":[]}", "no weight_map")]
    [InlineData("{}", "no weight_map")]
    [InlineData("[]", "no weight_map")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "'a' is listed in '1'")]
    [InlineData("{\"weight_map\":", "truncated")]
    [InlineData("{\"weight_map\":}", "cannot be read as JSON")]
    [InlineData("{\"weight_map\":{\"\\ud800\":\"x\"}}", "half of a surrogate pair")]
    [InlineData("", "truncated")]
    public void Malformed_index_is_an_error(string index, string problem)
    {
        File.WriteAllText(directory["model.safetensors.index.json"], index);
        ShouldBeMalformedIndex(problem);
    }

    [Fact]
    public void Index_with_a_byte_order_mark_is_read()
    {
        WriteShards();
        WriteIndex(("a", One), ("b", Two), ("c", Two));
        string index = directory["model.safetensors.index.json"];
        File.WriteAllText(index, File.ReadAllText(index), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Checkpoint.Open(directory.Path).Dispose();
    }

    [Fact]
    public void Mistake_in_the_index_is_an_error_at_its_place()
    {
        File.WriteAllText(directory["model.safetensors.index.json"], "{\n \"weight_map\": x");
        Action opening = () => Checkpoint.Open(directory.Path);
        Diagnostic diagnostic = opening.ShouldFailWith(ModelDiagnostics.MalformedIndex);
        (diagnostic.Location!.Line, diagnostic.Location.Column).ShouldBe((2, 16));
    }

    private void WriteShards()
    {
        SafetensorsFile.Write(directory[One], ElementType.F32, [("a", [1], [1])]);
        SafetensorsFile.Write(directory[Two], ElementType.F16, [("c", [1], [2]), ("b", [2], [3, 4])]);
    }

    private void WriteIndex(params (string Tensor, string Shard)[] map) =>
        File.WriteAllText(
            directory["model.safetensors.index.json"],
            JsonSerializer.Serialize(
                new { weight_map = map.ToDictionary(entry => entry.Tensor, entry => entry.Shard) }));

    private void ShouldBeMalformedIndex(string problem)
    {
        Action opening = () => Checkpoint.Open(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.MalformedIndex).Message.ShouldContain(problem);
    }
}
