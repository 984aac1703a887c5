using SparseLlm.Diagnostics;

namespace SparseLlm.Hub.Tests;

/// <summary>Nothing that a server says is believed.</summary>
public sealed class Strangers : HubTest
{
    private static readonly string GitId = new('a', 40);

    [Theory]
    [InlineData("../../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/etc/outside")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("")]
    public void A_path_that_leads_out_of_the_repository_is_refused(string path)
        => ShouldMakeNoSense($$"""[{"type":"file","path":"{{path}}","size":1,"oid":"{{GitId}}"}]""");

    [Fact]
    public void A_file_that_cannot_be_called_so_everywhere_is_left_out_and_the_others_come()
    {
        Repository.Push(new Dictionary<string, byte[]>(Files) { ["back\\slash.txt"] = [1], ["line\nbreak.txt"] = [2] });
        ShouldBeWhole(Pull());
    }

    [Theory]
    [InlineData("""{"error":"x"}""")]
    [InlineData("""<html>Please log in</html>""")]
    [InlineData("")]
    [InlineData("[1]", false)]
    [InlineData("""[{"type":"file"}]""")]
    [InlineData("""[{"type":"file","path":"a","size":-1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]""")]
    [InlineData("""[{"type":"file","path":"a","size":1e30,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]""")]
    [InlineData("""[{"type":"file","path":"a","size":"1","oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]""")]
    [InlineData("""[{"type":"file","path":"a","size":1,"oid":"../x"}]""")]
    [InlineData("""[{"type":"file","path":"a","size":1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","lfs":{"size":1,"oid":"../../../x"}}]""")]
    [InlineData("""[{"type":"file","path":"a","size":1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},{"type":"file","path":"a","size":1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]""")]
    public void A_list_that_can_be_none_is_refused(string list, bool isSenseless = true)
    {
        if (isSenseless)
        {
            ShouldMakeNoSense(list);
        }
        else
        {
            Answer("/tree/", list);
            Failure(() => Pull()).Code.ShouldBe("SLM6006");
        }
    }

    [Theory]
    [InlineData("""{"sha":"main"}""")]
    [InlineData("""{"sha":"../../../../x"}""")]
    [InlineData("""{"sha":1}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("no JSON")]
    public void A_commit_that_can_be_none_is_refused(string answer)
    {
        Answer("/revision/", answer);
        Failure(() => Pull()).Code.ShouldBe("SLM6012");
        Directory.Exists(Cache).ShouldBeFalse();
    }

    [Fact]
    public void A_list_without_end_is_left()
    {
        Server.Script = request => request.Path.Contains("/tree/")
            ? $"HTTP/1.1 200 OK\r\nLink: <{request.Target}>; rel=\"next\"\r\nContent-Length: 2\r\n\r\n[]"
            : null;
        Failure(() => Pull()).Code.ShouldBe("SLM6012");
    }

    [Fact]
    public void A_size_that_no_disk_has_is_not_reserved()
    {
        Answer("/tree/", $$"""[{"type":"file","path":"a","size":9223372036854775807,"oid":"{{GitId}}"},{"type":"file","path":"b","size":9223372036854775807,"oid":"{{GitId.Replace('a', 'b')}}"}]""");
        Failure(() => Pull()).Code.ShouldBe("SLM6014");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("")]
    [InlineData("http://[")]
    public void A_redirect_to_where_nobody_goes_is_refused(string location)
    {
        Server.Script = _ => $"HTTP/1.1 302 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n";
        Failure(() => Pull()).Code.ShouldBe("SLM6012");
    }

    [Fact]
    public void A_circle_of_redirects_is_left()
    {
        Server.Script = request => $"HTTP/1.1 302 Moved\r\nLocation: {request.Target}\r\nContent-Length: 0\r\n\r\n";
        Failure(() => Pull()).Message.ShouldContain("redirects more than 5 times");
        Server.Requests.Count.ShouldBe(6);
    }

    [Theory]
    [InlineData("hello\r\n\r\n")]
    [InlineData("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[]")]
    [InlineData("HTTP/1.1 204 None\r\n\r\n")]
    public void Any_answer_at_all_is_an_error_with_a_code(string answer)
    {
        Server.Script = _ => answer;
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBeOneOf("SLM6009", "SLM6012");
        failure.Message.ShouldStartWith("hf://acme/tiny: ");
    }

    [Fact]
    public void A_list_in_the_cache_that_somebody_has_changed_is_asked_for_again()
    {
        Pull();
        string tree = Path.Combine(Cache, "models--acme--tiny", "trees", $"{Repository.Main}.json");
        File.WriteAllText(tree, File.ReadAllText(tree).Replace("config.json", "../config.json"));
        ShouldBeWhole(Pull());
        File.ReadAllText(tree).ShouldNotContain("..");
    }

    private void ShouldMakeNoSense(string list)
    {
        Answer("/tree/", list);
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6012");
        failure.Message.ShouldContain("HF_ENDPOINT");
        Directory.Exists(Path.Combine(Cache, "models--acme--tiny", "blobs")).ShouldBeFalse();
    }

    private void Answer(string route, string body) =>
        Server.Script = request => request.Path.Contains(route)
            ? $"HTTP/1.1 200 OK\r\nContent-Length: {System.Text.Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}"
            : null;
}
