using System.Security.Cryptography;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Digests of files are remembered as long as the files stay as they are.</summary>
public sealed class CacheFileDigests : CacheTest
{
    private static readonly DateTime Yesterday = DateTime.UtcNow.AddDays(-1);

    private string Memos => Temp["digests"];

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    public void A_digest_is_that_of_the_bytes(int length)
    {
        string file = WriteFile("file", length);
        new FileDigests(Memos).Of(file).ShouldBe(Sha256(file));
    }

    [Fact]
    public void A_file_that_has_not_changed_is_not_read_again()
    {
        string file = WriteFile("file", 1000);
        File.SetLastWriteTimeUtc(file, Yesterday);
        string digest = new FileDigests(Memos).Of(file);
        string memo = Directory.EnumerateFiles(Memos).Single();
        new FileDigests(Memos).Of(file).ShouldBe(digest);

        // A memo that lies, in the right form, is believed: so the file was not read.
        string lie = Key("lie");
        FileDigestMemo truth = FileDigestMemo.TryRead(memo)!;
        (truth with { Digest = lie }).TryWrite(memo);
        new FileDigests(Memos).Of(file).ShouldBe(lie);
    }

    [Fact]
    public void A_change_is_seen()
    {
        string file = WriteFile("file", 1000);
        File.SetLastWriteTimeUtc(file, Yesterday);
        new FileDigests(Memos).Of(file);
        WriteFile("file", 1000, seed: 1);
        File.SetLastWriteTimeUtc(file, Yesterday.AddSeconds(1));
        new FileDigests(Memos).Of(file).ShouldBe(Sha256(file));

        WriteFile("file", 1001);
        File.SetLastWriteTimeUtc(file, Yesterday.AddSeconds(1));
        new FileDigests(Memos).Of(file).ShouldBe(Sha256(file));
    }

    [SkippableFact]
    public void A_change_is_seen_behind_a_time_that_was_set_back()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux tells when a file's times were set");
        string file = WriteFile("file", 1000);
        File.SetLastWriteTimeUtc(file, Yesterday);
        var digests = new FileDigests(Memos);
        digests.Of(file);
        WriteFile("file", 1000, seed: 1);
        File.SetLastWriteTimeUtc(file, Yesterday);
        digests.Of(file).ShouldBe(Sha256(file));
    }

    [Fact]
    public void A_file_of_this_moment_is_not_remembered()
    {
        string file = WriteFile("file", 1000);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(1));
        new FileDigests(Memos).Of(file);
        Directory.Exists(Memos).ShouldBeFalse();
    }

    [Fact]
    public void A_damaged_memo_is_not_believed()
    {
        string file = WriteFile("file", 10);
        File.SetLastWriteTimeUtc(file, Yesterday);
        string digest = new FileDigests(Memos).Of(file);
        string memo = Directory.EnumerateFiles(Memos).Single();
        byte[] bytes = File.ReadAllBytes(memo);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            File.WriteAllBytes(memo, damaged);
            new FileDigests(Memos).Of(file).ShouldBe(digest);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_only_time()
    {
        string file = WriteFile("file", 10);
        File.SetLastWriteTimeUtc(file, Yesterday);
        File.WriteAllText(Memos, "not a folder");
        new FileDigests(Memos).Of(file).ShouldBe(Sha256(file));
        new FileDigests(null).Of(file).ShouldBe(Sha256(file));
    }

    [Fact]
    public void A_link_is_the_file_it_points_to()
    {
        string file = WriteFile("file", 1000);
        File.SetLastWriteTimeUtc(file, Yesterday);
        File.CreateSymbolicLink(Temp["link"], file);
        new FileDigests(Memos).Of(Temp["link"]).ShouldBe(Sha256(file));
        WriteFile("file", 1001);
        File.SetLastWriteTimeUtc(file, Yesterday);
        new FileDigests(Memos).Of(Temp["link"]).ShouldBe(Sha256(file));
    }

    [Fact]
    public void A_missing_file_is_an_error_with_a_code() =>
        Should.Throw<DiagnosticException>(() => new FileDigests(Memos).Of(Temp["missing"])).Diagnostics.Single().Code
            .ShouldBe("SLM4006");

    [Fact]
    public void A_tensors_digest_is_over_type_shape_and_bytes_and_not_its_name_or_place()
    {
        string header = Tensors(
            ("a", "F16", "[2,2]", 8), ("b", "F16", "[2,2]", 8), ("c", "F16", "[4]", 8), ("d", "BF16", "[2,2]", 8),
            ("e", "F32", "[2]", 8), ("none", "F32", "[0]", 0));
        string file = Temp["model.safetensors"];
        WriteTensors(file, header, [.. Enumerable.Repeat((byte)7, 40)]);
        IReadOnlyDictionary<string, string> digests = new FileDigests(Memos).Tensors(file);
        digests.Keys.Order().ShouldBe(["a", "b", "c", "d", "e", "none"]);
        digests["a"].ShouldBe(digests["b"]);
        ((string[])[digests["a"], digests["c"], digests["d"], digests["e"], digests["none"]]).Distinct().Count()
            .ShouldBe(5);

        byte[] data = [.. Enumerable.Repeat((byte)7, 40)];
        data[15] = 8;
        WriteTensors(file, header, data);
        IReadOnlyDictionary<string, string> changed = new FileDigests(Memos).Tensors(file);
        changed["b"].ShouldNotBe(digests["b"]);
        foreach (string name in (string[])["a", "c", "d", "e", "none"])
        {
            changed[name].ShouldBe(digests[name]);
        }
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Tensors_and_file_are_digested_together_and_remembered(string model)
    {
        string file = Temp["model.safetensors"];
        File.Copy(Path.Combine(Repository.Model(model), "model.safetensors"), file);
        File.SetLastWriteTimeUtc(file, Yesterday);
        string whole = new FileDigests(Memos).Of(file);
        whole.ShouldBe(Sha256(file));
        string memo = Directory.EnumerateFiles(Memos).Single();
        FileDigestMemo.TryRead(memo)!.Tensors.ShouldNotBeNull();
        IReadOnlyDictionary<string, string> remembered = new FileDigests(Memos).Tensors(file);
        remembered.ShouldBe(new FileDigests(null).Tensors(file), ignoreOrder: true);
        remembered.Count.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void A_malformed_safetensors_file_has_a_digest_and_no_tensors()
    {
        string file = Temp["model.safetensors"];
        File.WriteAllText(file, "not safetensors at all");
        new FileDigests(Memos).Of(file).ShouldBe(Sha256(file));
        Should.Throw<DiagnosticException>(() => new FileDigests(Memos).Tensors(file));
    }

    private static string Tensors(params (string Name, string Type, string Shape, int Length)[] tensors)
    {
        int end = 0;
        return "{" + string.Join(',', tensors.Select(tensor =>
            $"\"{tensor.Name}\":{{\"dtype\":\"{tensor.Type}\",\"shape\":{tensor.Shape},\"data_offsets\":[{end},{end
                += tensor.Length}]}}")) + "}";
    }

    private static void WriteTensors(string path, string header, byte[] data) =>
        File.WriteAllBytes(
            path,
            [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.ASCII.GetBytes(header), .. data]);

    private static string Sha256(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}
