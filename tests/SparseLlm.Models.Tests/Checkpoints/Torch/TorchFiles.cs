using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints.Torch;

/// <summary>What is read of files that torch.save wrote.</summary>
public sealed class TorchFiles : IDisposable
{
    private const string File = "pytorch_model.bin";
    private static readonly float[] Numbers = [.. Enumerable.Range(0, 24).Select(i => (float)i)];
    private static readonly TorchStorageBytes Shared = new("0", "FloatStorage", 4, Bytes(Numbers));

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    public static TheoryData<string> Forms => ["zip", "large zip", "wide entries", "legacy"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Tensors_are_read_in_every_form_of_file(string form)
    {
        Write(form,
            TorchTensorBytes.Whole("half", "1", "HalfStorage", 2, [2, 2], [0, 0x3C, 0, 0xC0, 0, 0, 0, 0x40]),
            TorchTensorBytes.Whole("bfloat", "2", "BFloat16Storage", 2, [3], [0x80, 0x3F, 0, 0xC0, 0, 0]),
            new("single", Shared, 0, [2, 12], [12, 1]) { IsParameter = true },
            TorchTensorBytes.Whole("scalar", "3", "FloatStorage", 4, [], Bytes([2.5f])),
            TorchTensorBytes.Whole("empty", "4", "FloatStorage", 4, [0, 5], []),
            TorchTensorBytes.Whole("whole", "5", "LongStorage", 8, [1], [7, 0, 0, 0, 0, 0, 0, 0]));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.MainFile.ShouldBe(directory[File]);
        checkpoint.Tensors.Select(tensor => tensor.ToString()).Order().ShouldBe(
            ["bfloat BF16 [3]", "empty F32 [0 x 5]", "half F16 [2 x 2]", "scalar F32 []", "single F32 [2 x 12]",
                "whole I64 [1]"]);
        Read(checkpoint, "half").ShouldBe([1, -2, 0, 2]);
        Read(checkpoint, "bfloat").ShouldBe([1, -2, 0]);
        Read(checkpoint, "single").ShouldBe(Numbers);
        Read(checkpoint, "scalar").ShouldBe([2.5f]);
        Action reading = () => Read(checkpoint, "whole");
        reading.ShouldFailWith(ModelDiagnostics.UnsupportedElementType).Message
            .ShouldContain("'whole' is stored as I64");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Views_are_put_in_order_and_tensors_may_share_a_storage(string form)
    {
        Write(form,
            new("all", Shared, 0, [4, 6], [6, 1]),
            new("tied", Shared, 0, [4, 6], [6, 1]),
            new("transposed", Shared, 0, [6, 4], [1, 6]),
            new("rows", Shared, 6, [2, 6], [6, 1]),
            new("columns", Shared, 1, [4, 2], [6, 1]),
            new("every other", Shared, 2, [2, 2, 2], [12, 6, 2]),
            new("turned", Shared, 0, [2, 3, 4], [3, 1, 6]),
            new("one", Shared, 5, [1, 1, 3], [99, 7, 1]));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        Read(checkpoint, "all").ShouldBe(Numbers);
        Read(checkpoint, "tied").ShouldBe(Numbers);
        Read(checkpoint, "transposed").ShouldBe(
            [0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23]);
        Read(checkpoint, "rows").ShouldBe(Numbers[6..18]);
        Read(checkpoint, "columns").ShouldBe([1, 2, 7, 8, 13, 14, 19, 20]);
        Read(checkpoint, "every other").ShouldBe([2, 4, 8, 10, 14, 16, 20, 22]);
        Read(checkpoint, "turned").ShouldBe(
            [0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23]);
        Read(checkpoint, "one").ShouldBe([5, 6, 7]);

        float[] part = new float[3];
        checkpoint.Read(checkpoint["transposed"], 5, part);
        part.ShouldBe([7, 13, 19]);
    }

    [Fact]
    public void Untyped_storages_give_tensors_the_type_that_they_are_rebuilt_with()
    {
        var storage = new TorchStorageBytes("0", "UntypedStorage", 1, [1, 2, 3, 4]);
        byte[] pickle = new PickleBytes().Protocol().Op("}").Text("a").Global("torch._utils", "_rebuild_tensor_v3")
            .Op("(")
            .Op("(")
            .Text("storage")
            .Global("torch.storage", "UntypedStorage")
            .Text("0")
            .Text("cpu")
            .Whole(4)
            .Op("tQ")
            .Whole(0)
            .Wholes(2)
            .Wholes(1)
            .Op(0x89)
            .Global("collections", "OrderedDict")
            .Op(")R")
            .Global("torch", "uint16")
            .Op("tR")
            .Op("s.")
            .ToArray();
        System.IO.File.WriteAllBytes(directory[File], TorchBytes.Zip(pickle, storage));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.Tensors.ShouldHaveSingleItem().ToString().ShouldBe("a U16 [2]");
    }

    [Fact]
    public void What_is_no_tensor_in_a_state_dict_is_passed_over()
    {
        PickleBytes pickle = new PickleBytes().Protocol(4).Op(0x95, 0, 0, 0, 0, 0, 0, 0, 0).Op("}(")
            .Text("epoch").Whole(3)
            .Text("rate").Op("G").Op(new byte[8])
            .Text("names").Op("](").Text("x").Op("N").Op("e")
            .Text("sizes").Global("torch", "Size").Wholes(1, 2).Op(0x85).Op("R")
            .Text("large").Op(0x8A, 20).Op(new byte[20])
            .Text("bytes").Op("C").Op(2, 1, 2)
            .Text("bytes of protocol 2").Global("_codecs", "encode").Text("abc").Text("latin1").Op(0x86).Op("R")
            .Text("device").Global("torch", "device").Text("cpu").Op(0x85).Op("R")
            .Text("weight").Tensor(new("weight", Shared, 0, [24], [1]), isOld: false).Op("u.");
        System.IO.File.WriteAllBytes(directory[File], TorchBytes.Zip(pickle.ToArray(), Shared));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.Tensors.ShouldHaveSingleItem().Name.ShouldBe("weight");
    }

    [Fact]
    public void Shards_are_found_by_their_index()
    {
        WriteShards();
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.IsSharded.ShouldBeTrue();
        checkpoint.Tensors.Select(tensor => (tensor.Name, tensor.Shard))
            .ShouldBe([("a", "pytorch_model-00001-of-00002.bin"), ("b", "pytorch_model-00002-of-00002.bin")]);
        Checkpoint.Files(directory.Path).ShouldBe(
            ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]);
    }

    [Theory]
    [InlineData("pytorch_model-00001-of-00002.pt")]
    [InlineData("model-00001-of-00002.bin")]
    public void Shards_whose_names_would_not_do_in_a_copy_are_refused(string other)
    {
        WriteShards();
        System.IO.File.WriteAllText(
            directory[
                "pytorch_model.bin.index.json"], $$$"""{"weight_map":{"a":"pytorch_model-00001-of-00002.bin","b":"{{{other}}}"}}""");
        Opening.ShouldFailWith(ModelDiagnostics.MalformedIndex).Message.ShouldContain($"'{other}'");
    }

    [Fact]
    public void Safetensors_are_taken_where_both_are_there()
    {
        Write("zip", new TorchTensorBytes("a", Shared, 0, [24], [1]));
        SafetensorsFile.Write(directory["model.safetensors"], ElementType.F32, [("a", [1], [7])]);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        Read(checkpoint, "a").ShouldBe([7]);
        Checkpoint.Files(directory.Path).ShouldBe(["model.safetensors"]);
    }

    [Fact]
    public void A_copy_is_safetensors_in_which_tensors_can_be_overwritten()
    {
        Write("zip",
            new("b", Shared, 0, [6, 4], [1, 6]),
            TorchTensorBytes.Whole("z", "1", "HalfStorage", 2, [2], [0, 0x3C, 0, 0xC0]),
            new("a", Shared, 0, [24], [1]));
        using Checkpoint dense = Checkpoint.Open(directory.Path);
        using var copy = new TempDirectory();
        using (var writer = new CheckpointWriter(dense, copy.Path))
        {
            writer.Write("a", 1, [-1, -2]);
            writer.Complete();
        }

        Directory.EnumerateFiles(copy.Path).Select(Path.GetFileName).ShouldBe(["model.safetensors"]);
        using Checkpoint written = Checkpoint.Open(copy.Path);

        // As safetensors itself orders them: by type, then by name.
        written.Tensors.Select(tensor => tensor.ToString()).ShouldBe(["a F32 [24]", "b F32 [6 x 4]", "z F16 [2]"]);
        Read(written, "a").ShouldBe([0, -1, -2, .. Numbers[3..]]);
        Read(written, "b").ShouldBe(Read(dense, "b"));
        Read(written, "z").ShouldBe([1, -2]);
    }

    [Fact]
    public void A_copy_of_shards_has_shards_and_an_index_of_safetensors()
    {
        WriteShards();
        using Checkpoint dense = Checkpoint.Open(directory.Path);
        using var copy = new TempDirectory();
        using (var writer = new CheckpointWriter(dense, copy.Path))
        {
            writer.Complete();
        }

        Checkpoint.Files(copy.Path).ShouldBe(
            ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
        using Checkpoint written = Checkpoint.Open(copy.Path);
        Read(written, "b").ShouldBe(Numbers);
    }

    [Fact]
    public void A_value_that_is_not_finite_gets_into_no_copy()
    {
        Write("zip", TorchTensorBytes.Whole("a", "0", "FloatStorage", 4, [2], Bytes([1, float.NaN])));
        using Checkpoint dense = Checkpoint.Open(directory.Path);
        using var copy = new TempDirectory();
        Action writing = () => new CheckpointWriter(dense, copy.Path).Dispose();
        writing.ShouldFailWith(ModelDiagnostics.NonFiniteWeight).Message.ShouldContain("'a'");
    }

    private Action Opening => () => Checkpoint.Open(directory.Path).Dispose();

    private void Write(
        string form,
        params TorchTensorBytes[] tensors) => System.IO.File.WriteAllBytes(directory[File], form switch
        {
            "zip" => TorchBytes.Zip(tensors),
            "large zip" => TorchBytes.Wide(TorchBytes.Zip(tensors)),
            "wide entries" => TorchBytes.Archive(
            [
                new("model/data.pkl", new PickleBytes().Protocol().StateDict(tensors, isOld: false).Op(".").ToArray())
            {
                IsWide = true
            },
            .. tensors.Select(tensor => tensor.Storage).Distinct()
                .Select(storage => new ZipEntryBytes($"model/data/{storage.Key}", storage.Data) { IsWide = true }),
        ]),
            _ => TorchBytes.Legacy(tensors),
        });

    private void WriteShards()
    {
        System.IO.File.WriteAllBytes(
            directory["pytorch_model-00001-of-00002.bin"],
            TorchBytes.Zip(TorchTensorBytes.Whole("a", "0", "HalfStorage", 2, [2], [0, 0x3C, 0, 0xC0])));
        System.IO.File.WriteAllBytes(
            directory["pytorch_model-00002-of-00002.bin"],
            TorchBytes.Legacy(new TorchTensorBytes("b", Shared, 0, [24], [1])));
        System.IO.File.WriteAllText(
            directory["pytorch_model.bin.index.json"],
            JsonSerializer.Serialize(new
            {
                weight_map = new
                {
                    a = "pytorch_model-00001-of-00002.bin",
                    b = "pytorch_model-00002-of-00002.bin"
                }
            }));
    }

    private static float[] Read(Checkpoint checkpoint, string name)
    {
        float[] values = new float[checkpoint[name].ElementCount];
        checkpoint.Read(checkpoint[name], 0, values);
        return values;
    }

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
