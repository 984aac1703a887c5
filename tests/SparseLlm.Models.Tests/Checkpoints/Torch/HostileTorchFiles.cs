using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Tests.Checkpoints.Torch;

/// <summary>Files of torch.save that ask for more than tensors, or break their format: they are refused, nothing is
/// run, and nothing is allocated that the file does not have.</summary>
public sealed class HostileTorchFiles : IDisposable
{
    private static readonly TorchStorageBytes Storage = new("0", "FloatStorage", 4, new byte[16]);

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    private static PickleBytes Pickle => new PickleBytes().Protocol();

    public static TheoryData<string, byte[], string> ForeignObjects => new()
    {
        { "GLOBAL", Pickle.Global("os", "system").Text("touch /tmp/x").Op(0x85).Op("R.").ToArray(), "'os.system'" },
        { "GLOBAL of posix", Pickle.Global("posix", "system").Op(".").ToArray(), "'posix.system'" },
        { "STACK_GLOBAL", Pickle.Text("os").Text("system").Op(0x93).Op(".").ToArray(), "'os.system'" },
        { "STACK_GLOBAL through the memo", Pickle.Text("builtins").Op("q\x01").Text("eval").Op("h\x01").Op("0h\x01")
            .Text("eval")
            .Op(0x93)
            .Op(".")
            .ToArray(), "'builtins.eval'" },
        {
            "a module with dots",
            Pickle.Global("torch._utils._rebuild_tensor_v2.__globals__", "x").Op(".").ToArray(),
            "__globals__" },
        { "a function of torch", Pickle.Global("torch", "load").Op(".").ToArray(), "'torch.load'" },
        {
            "a whole model",
            Pickle.Global("transformers.models.opt.modeling_opt", "OPTForCausalLM").Op(")").Op(0x81).Op(".").ToArray(),
            "'transformers.models.opt.modeling_opt.OPTForCausalLM'" },
        {
            "a quantised tensor",
            Pickle.Global("torch._utils", "_rebuild_qtensor").Op(".").ToArray(),
            "'torch._utils._rebuild_qtensor'" },
        {
            "an array of numpy",
            Pickle.Global("numpy.core.multiarray", "_reconstruct").Op(".").ToArray(),
            "'numpy.core.multiarray._reconstruct'" },
        { "INST", Pickle.Op("(").Text("id").Op("ios\nsystem\n.").ToArray(), "os.system (INST)" },
        { "OBJ", Pickle.Op("(").Global("collections", "OrderedDict").Op("o.").ToArray(), "OBJ" },
        { "NEWOBJ", Pickle.Global("collections", "OrderedDict").Op(")").Op(0x81).Op(".").ToArray(), "NEWOBJ" },
        { "EXT1", Pickle.Op(0x82, 1).Op(".").ToArray(), "EXT" },
        {
            "BUILD of a tensor",
            Pickle.Tensor(new("a", Storage, 0, [1], [1]), isOld: false).Op("}b.").ToArray(),
            "BUILD" },
        { "REDUCE of a text", Pickle.Text("os.system").Op(")R.").ToArray(), "REDUCE" },
        { "REDUCE of a dictionary", Pickle.Op("})R.").ToArray(), "REDUCE" },
        { "PERSID", Pickle.Op("Pfile:///etc/passwd\n.").ToArray(), "'file:///etc/passwd'" },
        { "BINPERSID of a module", Pickle.Op("(").Text("module").Text("x").Text("y").Op("tQ.").ToArray(), "'module'" },
        { "NEXT_BUFFER", Pickle.Op(0x97).Op(".").ToArray(), "NEXT_BUFFER" },
        {
            "a tensor that counts negative",
            Pickle.Global("torch._utils", "_rebuild_tensor_v2").Op("(").Storage(Storage, isOld: false).Whole(0)
                .Wholes(1)
                .Wholes(1)
                .Op(0x89)
                .Op("N}")
                .Text("neg")
                .Op(0x88)
                .Op("stR.")
                .ToArray(),
            "'neg'"
        },
    };

    [Theory]
    [MemberData(nameof(ForeignObjects))]
    public void What_is_no_tensor_is_refused_by_name(string what, byte[] pickle, string name)
    {
        foreach (byte[] file in (byte[][])[TorchBytes.Zip(pickle, Storage), TorchBytes.Legacy(pickle, Storage)])
        {
            string message = Failure(file, ModelDiagnostics.ForeignObject, what);
            message.ShouldContain(name);
            message.ShouldContain("Nothing of it was run");
        }
    }

    public static TheoryData<string, byte[], string> MalformedPickles => new()
    {
        { "no value", Pickle.Op(".").ToArray(), "takes a value where there is none" },
        { "a list", Pickle.Op("].").ToArray(), "does not hold a dictionary" },
        { "an old protocol", [0x80, 1, (byte)'N', (byte)'.'], "protocol 1" },
        { "a protocol to come", [0x80, 6, (byte)'N', (byte)'.'], "protocol 6" },
        { "an opcode of protocol 0", Pickle.Op("I1\n.").ToArray(), "no opcode" },
        { "a mark that is missing", Pickle.Op("t.").ToArray(), "mark" },
        { "values below a mark", Pickle.Op("N(0").Op("0.").ToArray(), "" },
        { "a value that was not kept", Pickle.Op("h\x07.").ToArray(), "recalls" },
        { "a text beyond the end", Pickle.Op("X").Op(0xFF, 0xFF, 0xFF, 0xFF).ToArray(), "" },
        { "a text of 2^63 bytes", Pickle.Op(0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F).ToArray(), "" },
        { "a negative length", Pickle.Op("T").Op(0xFF, 0xFF, 0xFF, 0xFF).ToArray(), "" },
        { "a number of 2^31 bytes", Pickle.Op(0x8B, 0xFF, 0xFF, 0xFF, 0x7F).ToArray(), "" },
        { "a text that is not UTF-8", Pickle.Op("X").Op(1, 0, 0, 0, 0xFF).Op(".").ToArray(), "UTF-8" },
        { "marks without end", Pickle.Op(new string('(', 2000)).ToArray(), "nested deeper" },
        { "an appendix of what is no list", Pickle.Op("}Na.").ToArray(), "no" },
        { "a key without a value", Pickle.Op("}(").Text("a").Op("u.").ToArray(), "key without a value" },
        {
            "a tensor under a number",
            Pickle.Op("}K\x01").Tensor(new("a", Storage, 0, [1], [1]), isOld: false).Op("s.").ToArray(),
            "not a text" },
        { "a negative dimension", StateDict("a", Storage, 0, [-1], [1]), "whole number" },
        { "a tensor behind its storage", StateDict("a", Storage, 1, [4], [1]), "outside its storage" },
        { "a tensor before its storage", StateDict("a", Storage, -1, [4], [1]), "arguments that do not belong" },
        { "a stride behind the storage", StateDict("a", Storage, 0, [2], [4]), "outside its storage" },
        {
            "dimensions that overflow",
            StateDict("a", Storage, 0, [long.MaxValue, long.MaxValue], [long.MaxValue, long.MaxValue]),
            "outside its storage" },
        { "an offset that overflows", StateDict("a", Storage, long.MaxValue, [2], [1]), "outside its storage" },
        { "fewer strides than dimensions", StateDict("a", Storage, 0, [1, 1], [1]), "outside its storage" },
        { "elements in one place", StateDict("a", Storage, 0, [1L << 40, 2], [0, 1]), "share their place" },
        {
            "too many dimensions",
            StateDict("a", Storage, 0, [.. Enumerable.Repeat(1L, 17)], [.. Enumerable.Repeat(1L, 17)]),
            "17 dimensions" },
        { "a name without end", StateDict(new string('n', 1001), Storage, 0, [4], [1]), "longer than any tensor's" },
        { "a storage longer than its entry", StateDict("a", Storage with { Count = 5 }, 0, [1], [1]), "" },
        {
            "a storage of 2^63 elements",
            StateDict("a", Storage with { Count = long.MaxValue }, 0, [1], [1]),
            "larger than any file" },
        { "a storage that is not there", StateDict("a", Storage with { Key = "../0" }, 0, [1], [1]), "" },
        { "weights inside something else", Pickle.Op("}").Text("state_dict")
            .StateDict([new("a", Storage, 0, [4], [1])], isOld: false)
            .Op("s.")
            .ToArray(), "inside 'state_dict'" },
    };

    [Theory]
    [MemberData(nameof(MalformedPickles))]
    public void Malformed_pickle_is_refused(string what, byte[] pickle, string problem) =>
        Failure(TorchBytes.Zip(pickle, Storage), ModelDiagnostics.MalformedTorchFile, what).ShouldContain(problem);

    [Fact]
    public void Pickle_of_more_values_than_tensors_need_is_refused_before_memory_is_gone() =>
        Failure(TorchBytes.Zip(Pickle.Op(new string('N', 13_000_000)).ToArray()), ModelDiagnostics.MalformedTorchFile)
            .ShouldContain("more than 12500000 values");

    public static TheoryData<string, byte[], string> MalformedArchives => new()
    {
        { "cut short", TorchBytes.Zip(new TorchTensorBytes("a", Storage, 0, [4], [1]))[..^30], "truncated" },
        { "without a pickle", TorchBytes.Archive(new ZipEntryBytes("archive/version", [3])), "no data.pkl" },
        { "with two pickles", TorchBytes.Archive(Entry("a/data.pkl"), Entry("b/data.pkl")), "more than one data.pkl" },
        { "with two entries of a name", TorchBytes.Archive(Entry("a/data.pkl"), Entry("a/data.pkl")), "two entries" },
        {
            "of TorchScript",
            TorchBytes.Archive(Entry("a/data.pkl"), Entry("a/constants.pkl") with { Method = 8 }),
            "TorchScript" },
        { "big-endian", TorchBytes.Archive(Entry("a/data.pkl"), new("a/byteorder", "big"u8.ToArray())), "'big'" },
        { "compressed", TorchBytes.Archive(Entry("a/data.pkl") with { Method = 8 }), "compressed" },
        { "encrypted", TorchBytes.Archive(Entry("a/data.pkl") with { Flags = 1 }), "encrypted" },
        {
            "with a link",
            TorchBytes.Archive(
                new("a/data.pkl", StateDict("a", Storage with { Count = 2 }, 0, [2], [1])),
                new("a/data/0", "/etc/passwd"u8.ToArray()) { Mode = 0xA1FF }),
            "is a link"
        },
        {
            "with an entry that goes on behind the end",
            TorchBytes.Archive(Entry("a/data.pkl") with { Length = 1 << 20 }),
            "beyond the end" },
        {
            "with a wide entry of 2^62 bytes",
            TorchBytes.Archive(Entry("a/data.pkl") with { Length = 1L << 62, IsWide = true }),
            "beyond the end" },
        {
            "with entries in one place",
            TorchBytes.Archive(Entry("a/data.pkl"), Entry("a/data/0") with { At = 0 }),
            "overlap" },
        {
            "with an entry outside",
            TorchBytes.Archive(Entry("a/data.pkl"), Entry("a/data/0") with { At = 1 << 30 }),
            "outside" },
        {
            "with an entry that is not where it should be",
            TorchBytes.Archive(Entry("a/data.pkl"), Entry("a/data/0") with { At = 1 }),
            "is not where" },
        {
            "large, and without the directory of one",
            [.. TorchBytes.Archive(Entry("a/data.pkl"))[..^22], .. "PK\x05\x06"u8, .. Enumerable.Repeat((byte)255, 18)],
            "zip64" },
    };

    [Theory]
    [MemberData(nameof(MalformedArchives))]
    public void Malformed_archive_is_refused(string what, byte[] file, string problem) =>
        Failure(file, ModelDiagnostics.MalformedTorchFile, what).ShouldContain(problem);

    public static TheoryData<string, byte[], string> OtherFiles => new()
    {
        { "empty", [], "empty" },
        { "a web page", "<!DOCTYPE html>"u8.ToArray(), "web page" },
        { "GGUF", "GGUF    "u8.ToArray(), "GGUF" },
        { "safetensors", [.. new byte[8], .. "{\"a\":1}"u8], "name it model.safetensors" },
        { "something else", "something else"u8.ToArray(), "no file of torch.save" },
        { "another pickle", Pickle.Op("}.").ToArray(), "not one of torch.save" },
        {
            "a stream cut in a pickle",
            TorchBytes.Legacy(new TorchTensorBytes("a", Storage, 0, [4], [1]))[..100],
            "truncated" },
        {
            "a stream cut in a storage",
            TorchBytes.Legacy(new TorchTensorBytes("a", Storage, 0, [4], [1]))[..^1],
            "truncated" },
        { "a storage of another length", TorchBytes.Legacy(
            StateDictOf(true, new TorchTensorBytes("a", Storage with { Count = 2 }, 0, [2], [1])),
            Storage), "another length" },
        {
            "a storage without a place",
            TorchBytes.Legacy(StateDictOf(true, new TorchTensorBytes("a", Storage, 0, [4], [1]))),
            "not in the file" },
        { "a storage that no tensor has", TorchBytes.Legacy(StateDictOf(true), Storage), "no tensor has" },
        {
            "a storage of two types",
            TorchBytes.Legacy(StateDictOf(
                true,
                new TorchTensorBytes("a", Storage, 0, [4], [1]),
                new TorchTensorBytes("b", Storage with { Class = "IntStorage" }, 0, [4], [1])), Storage),
            "two types"
        },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void Other_file_under_the_name_is_refused(string what, byte[] file, string problem) =>
        Failure(file, ModelDiagnostics.MalformedTorchFile, what).ShouldContain(problem);

    [Fact]
    public void Git_lfs_pointer_in_place_of_the_file_says_so() =>
        Failure(
            "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"u8.ToArray(),
            ModelDiagnostics.CheckpointUnreadable).ShouldContain("git lfs pull");

    private string Failure(byte[] file, DiagnosticDescriptor descriptor, string? what = null)
    {
        File.WriteAllBytes(directory["pytorch_model.bin"], file);
        Action opening = () => Checkpoint.Open(directory.Path).Dispose();
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(opening, what).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(descriptor, what);
        diagnostic.Location!.File.ShouldBe(directory["pytorch_model.bin"]);
        return diagnostic.Message;
    }

    private static ZipEntryBytes Entry(string name) => new(name, Pickle.Op("}.").ToArray());

    private static byte[] StateDict(string name, TorchStorageBytes storage, long offset, long[] shape, long[] strides)
        =>
        StateDictOf(false, new TorchTensorBytes(name, storage, offset, shape, strides));

    private static byte[] StateDictOf(bool isOld, params TorchTensorBytes[] tensors)
        => Pickle.StateDict(tensors, isOld).Op(".").ToArray();
}
