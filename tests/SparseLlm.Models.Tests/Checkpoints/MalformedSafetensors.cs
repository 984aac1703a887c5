using System.Globalization;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints;

public sealed class MalformedSafetensors : IDisposable
{
    private readonly TempDirectory directory = new();

    private string FilePath => directory["model.safetensors"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public void File_without_room_for_a_header_is_an_error()
    {
        File.WriteAllBytes(FilePath, [1, 2, 3]);
        ShouldBeMalformed("truncated");
    }

    [Fact]
    public void Empty_file_is_an_error()
    {
        File.WriteAllBytes(FilePath, []);
        ShouldBeMalformed("truncated");
    }

    [Theory]
    [InlineData(3UL, "beyond the end of the file")]
    [InlineData(100_000_000UL, "beyond the end of the file")]
    [InlineData(100_000_001UL, "over the format's limit")]
    [InlineData(ulong.MaxValue, "over the format's limit")]
    public void Header_longer_than_the_file_is_an_error(ulong length, string problem)
    {
        SafetensorsFile.WriteRaw(FilePath, "{}", [], length);
        ShouldBeMalformed(problem);
    }

    [Theory]
    [InlineData("", "cannot be read as JSON")]
    [InlineData("{", "cannot be read as JSON")]
    [InlineData("{\"a\"", "cannot be read as JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("\"a\"", "not a JSON object")]
    [InlineData("{\"a\":1}", "'a' is not an object")]
    [InlineData("{\"\\ud800\":{}}", "cannot be read as JSON")]
    public void Header_that_is_not_an_object_of_objects_is_an_error(string header, string problem) =>
        ShouldBeMalformed(header, [], problem);

    [Fact]
    public void Header_that_is_not_UTF8_is_an_error()
    {
        File.WriteAllBytes(FilePath, [4, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"', 0xFF, (byte)'}']);
        ShouldBeMalformed("UTF-8");
    }

    [Fact]
    public void Header_nested_without_end_is_an_error() =>
        ShouldBeMalformed("{\"a\":" + new string('[', 100_000), [], "cannot be read as JSON");

    [Fact]
    public void Tensor_listed_twice_is_an_error() =>
        ShouldBeMalformed(
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
            new byte[8],
            "'a' appears twice");

    [Theory]
    [InlineData("""{"shape":[1],"data_offsets":[0,4]}""", "no dtype")]
    [InlineData("""{"dtype":4,"shape":[1],"data_offsets":[0,4]}""", "no dtype")]
    [InlineData("""{"dtype":"F31","shape":[1],"data_offsets":[0,4]}""", "unknown dtype 'F31'")]
    [InlineData("""{"dtype":"12","shape":[1],"data_offsets":[0,4]}""", "unknown dtype '12'")]
    [InlineData("""{"dtype":"f32","shape":[1],"data_offsets":[0,4]}""", "unknown dtype 'f32'")]
    [InlineData("""{"dtype":"F32","data_offsets":[0,4]}""", "no shape")]
    [InlineData("""{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}""", "shape with '-1'")]
    [InlineData("""{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}""", "shape with '1.5'")]
    [InlineData("""{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}""", "shape with '1'")]
    [InlineData("""{"dtype":"F32","shape":[1]}""", "no data_offsets")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0]}""", "no begin and end")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[4,0]}""", "no begin and end")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}""", "beyond the end")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}""", "data_offsets with")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[0,4]}""", "does not take the 4 bytes")]
    [InlineData(
        """{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}""",
        "does not take the 0 bytes")]
    [InlineData("""{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}""", "does not take the 0 bytes")]
    public void Entry_that_makes_no_sense_is_an_error_naming_the_tensor(string entry, string problem)
    {
        SafetensorsFile.WriteRaw(FilePath, "{\"layer.weight\":" + entry + "}", new byte[4]);
        ShouldBeMalformed(problem).ShouldContain("'layer.weight'");
    }

    [Fact]
    public void Overlapping_tensors_are_an_error()
        => ShouldBeMalformed(Two("[0,8]", "[4,12]"), new byte[12], "'b' overlaps");

    [Fact]
    public void Gap_between_tensors_is_an_error()
        => ShouldBeMalformed(Two("[0,8]", "[12,20]"), new byte[20], "'b' leaves a gap");

    [Fact]
    public void Gap_before_the_first_tensor_is_an_error() =>
        ShouldBeMalformed(Two("[12,20]", "[4,12]"), new byte[20], "'b' leaves a gap");

    [Fact]
    public void Truncated_data_is_an_error_naming_the_tensor() =>
        ShouldBeMalformed(Two("[0,8]", "[8,16]"), new byte[15], "'b' ends 1 bytes beyond the end");

    [Fact]
    public void Bytes_behind_the_last_tensor_are_an_error() =>
        ShouldBeMalformed(Two("[0,8]", "[8,16]"), new byte[17], "1 bytes at the end");

    [Theory]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("\"pt\"")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":{}}")]
    public void Metadata_that_is_not_an_object_of_texts_is_an_error(string metadata) =>
        ShouldBeMalformed($"{{\"__metadata__\":{metadata}}}", [], "__metadata__ is not an object of texts");

    [Fact]
    public void Tensor_of_more_dimensions_than_there_are_is_an_error() =>
        ShouldBeMalformed(
            $"{{\"a\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', Enumerable.Repeat(1, 17))}],\"data_offsets\":[0,4]}}}}", new byte[4], "17 numbers");

    [Fact]
    public void Name_without_end_is_an_error_that_shows_its_beginning()
    {
        string name = new('n', 100_000);
        SafetensorsFile.WriteRaw(
            FilePath,
            $"{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}}}",
            new byte[4]);
        ShouldBeMalformed("'nnn").Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void More_tensors_than_any_model_has_are_an_error()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i <= 500_000; i++)
        {
            header.Append(i == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        }

        ShouldBeMalformed(header.Append('}').ToString(), [], "more tensors than 500000");
    }

    [Fact]
    public void Header_of_more_values_than_any_model_has_is_an_error() =>
        ShouldBeMalformed(
            $"{{\"a\":[{string.Join(',', Enumerable.Repeat(0, 10_000_000))}]}}",
            [],
            "more in it than 10000000 values");

    [Theory]
    [InlineData("PK\u0003\u0004\0\0\b\b\0\0\0\0", "torch.save")]
    [InlineData("GGUF\u0003\0\0\0\u0001\0\0\0\0\0\0\0", "GGUF")]
    [InlineData("<!DOCTYPE html>\n<html>", "web page")]
    [InlineData("some text without meaning", "no safetensors file")]
    public void What_else_lies_under_the_name_is_told_by_its_kind(string content, string kind)
    {
        File.WriteAllText(FilePath, content);
        ShouldBeMalformed(kind).ShouldNotContain("truncated");
    }

    [Theory]
    [InlineData(15, "download it again")]
    [InlineData(17, "download or convert")]
    public void Only_a_file_that_is_cut_off_is_to_be_downloaded_and_nothing_else(int length, string remedy) =>
        ShouldBeMalformed(Two("[0,8]", "[8,16]"), new byte[length], remedy);

    [Fact]
    public void Damaged_bytes_are_read_or_refused_and_never_crash()
    {
        SafetensorsFile.Write(FilePath, ElementType.F16, [("a", [2, 3], new float[6]), ("b", [4], new float[4])]);
        byte[] good = File.ReadAllBytes(FilePath);
        var random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] bad = [.. good];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(FilePath, bad[..random.Next(bad.Length / 2, bad.Length + 1)]);
            try
            {
                using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
            }
            catch (DiagnosticException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(900);
    }

    private static string Two(string offsetsOfA, string offsetsOfB) =>
        $$$"""{"a":{"dtype":"F32","shape":[2],"data_offsets":{{{offsetsOfA}}}},"b":{"dtype":"F32","shape":[2],"data_offsets":{{{offsetsOfB}}}}}""";

    private void ShouldBeMalformed(string header, byte[] data, string problem)
    {
        SafetensorsFile.WriteRaw(FilePath, header, data);
        ShouldBeMalformed(problem);
    }

    private string ShouldBeMalformed(string problem)
    {
        Diagnostic diagnostic = Opening().ShouldFailWith(ModelDiagnostics.MalformedSafetensors);
        diagnostic.Location.ShouldNotBeNull().File.ShouldBe(FilePath);
        diagnostic.Message.ShouldContain(problem);
        return diagnostic.Message;
    }

    private Action Opening() => () => Checkpoint.Open(directory.Path).Dispose();
}
