using System.Text;

namespace SparseLlm.Files.Tests;

public sealed class LargeFilesThatWereNotFetched
{
    private const string Pointer =
        "version https://git-lfs.github.com/spec/v1\noid "
        + "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 133552\n";

    [Fact]
    public void Pointer_of_Git_LFS_is_known_by_its_first_line() => IsPointer(Pointer).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("version 2\n")]
    [InlineData("A pointer begins with version https://git-lfs.github.com/spec/v1\n")]
    public void Other_text_is_no_pointer(string text) => IsPointer(text).ShouldBeFalse();

    [Fact]
    public void File_too_long_for_a_pointer_is_none() => IsPointer(Pointer + new string('x', 1024)).ShouldBeFalse();

    private static bool IsPointer(string text) => GitLfsPointer.IsPointer(Encoding.UTF8.GetBytes(text));
}
