using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using SparseLlm.Hub.Http;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Remote;
using static SparseLlm.Pipeline.Tests.CacheFlakyServer;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Whatever a remote cache answers, it is a warning at most, and a miss; what it has, it may give
/// slowly.</summary>
public sealed class CacheFaultyServers : CacheTest
{
    // Far more than anything here takes: what is waited for without end becomes a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    // For servers that will not answer.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private static readonly byte[] Bomb = Compress(new byte[10_000_000]);

    /// <summary>Answers byte for byte; those with an empty body are to every kind of request.</summary>
    public static TheoryData<string> Answers =>
    [
        "hello\r\n\r\n",
        "\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX\xFF: \xFF\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
        "HTTP/1.1 200 OK\r\nContent-Type: \r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: banana\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
        "HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\n<html><body>Please log in</body></html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xFF",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        .. ((int[])[204, 205, 206, 300, 304, 305, 306, 400, 401, 402, 403, 405, 407, 408, 409, 410, 416, 418, 429, 451,
            499, 500, 501, 505, 511, 599, 999]).Select(
                status => $"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n"),
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        .. ((string[])
        [
            "file:///etc/hostname", "file://server/share", "ftp://127.0.0.1/x", "https://127.0.0.1/x",
            "javascript:alert(1)", "data:text/plain,x", "mailto:a@b", "urn:x", "x:", ":",
            "", " ", "//", "///", "http://", "http:///x", "http://[", "http://[::", "http://a b/",
            "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://127.0.0.1:-1/",
            "http://..", "http://%00/", "http://\xFF\xFE/", "http://xn--/", "http://xn--\xFC/", "http://a.xn--\xE9.b/",
            "http://user:password@127.0.0.1:1/", "\\\\server\\share", "http://a\u0001/", new string('a', 5000),
            "http://" + new string('a', 5000) + "/", "http://127.0.0.1:1/", "/elsewhere",
        ]).SelectMany(location => ((string[])["301", "302", "303", "307", "308"]).Take(location.Length == 1 ? 5 : 1)
            .Select(
                status => $"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")),
    ];

    [Theory]
    [MemberData(nameof(Answers))]
    public Task Any_answer_at_all_is_a_warning_and_a_miss(string answer) => ShouldGoOnAlone(Failure.Scripted, answer);

    [Theory]
    [InlineData(Failure.Hangup)]
    [InlineData(Failure.EndlessBody)]
    [InlineData(Failure.EndlessChunks)]
    [InlineData(Failure.EndlessHeaders)]
    [InlineData(Failure.EndlessInterim)]
    [InlineData(Failure.Silence)]
    [InlineData(Failure.Drip)]
    public Task A_server_without_end_is_a_warning_and_a_miss(object failure) => ShouldGoOnAlone((Failure)failure, "");

    [Fact]
    public Task What_is_compressed_is_not_unpacked() => ShouldGoOnAlone(
        Failure.Scripted, Encoding.Latin1.GetString([.. Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {Bomb.Length}\r\n\r\n"), .. Bomb]));

    [Theory]
    [InlineData(Failure.HalfTheBody)]
    [InlineData(Failure.TwiceTheBody)]
    [InlineData(Failure.SilenceInTheBody)]
    [InlineData(Failure.EndlessBody)]
    [InlineData(Failure.EndlessChunks)]
    public async Task Bytes_that_are_not_those_of_the_entry_are_a_warning_and_a_miss(object failure)
    {
        using var server = new CacheFlakyServer(
            (_, request) => request.StartsWith("GET /cas", StringComparison.Ordinal) ? (Failure)failure : Failure.None);
        string file = WriteFile("file", 100_000);
        Put(Machine("one", server.Address), "a", file);
        BuildCache two = Machine("two", server.Address, Short);
        (await InTime(() => two.TryGet(Key("a")))).ShouldBeNull();
        Codes.ShouldHaveSingleItem().ShouldBeOneOf("SLM4023", "SLM4024");
        Directory.EnumerateFiles(Path.Combine(Temp["two"], "cas")).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(Temp["two"], "tmp")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue / 2)]
    [InlineData(-1)]
    public async Task A_length_that_no_disk_has_is_not_waited_for(long length)
    {
        using var server = new CacheFlakyServer((_, request) => request.StartsWith("GET /cas", StringComparison.Ordinal)
            ? Failure.EndlessBody
            : Failure.None);
        var file = new CachedFile("file", Key("digest"), length, new string('0', 32));
        server.Files[$"/ac/{Key("a")}"] = CacheEntryFile.Write(new CacheEntry(Key("a"), "test", "", [file], null));
        (await InTime(() => Machine("one", server.Address).TryGet(Key("a")))).ShouldBeNull();
        Codes.ShouldBe(["SLM4024"]);
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public void A_download_may_have_any_length()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None);
        server.Files["/file"] = [1, 2, 3];
        int count = 0;
        new HttpStore(Options(server.Address)).Download(
            "file",
            200_000_000_000,
            () => { },
            chunk => count += chunk.Length,
            CancellationToken.None).ShouldBeTrue();
        count.ShouldBe(3);
    }

    [Fact]
    public async Task A_transfer_may_take_long_as_long_as_it_goes_on()
    {
        using var server = new CacheFlakyServer(
            (_, request) => request.StartsWith("GET /cas", StringComparison.Ordinal) ? Failure.Slow : Failure.None);
        string file = WriteFile("file", 10 * StallWatch.LeastProgress);
        TimeSpan patience = 6 * Pause;
        Put(Machine("one", server.Address), "a", file);
        (await InTime(() => Machine("two", server.Address, patience).TryGet(Key("a")))).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Failure.Silence)]
    [InlineData(Failure.Drip)]
    public async Task Waiting_for_a_server_can_be_cancelled(object failure)
    {
        using var server = new CacheFlakyServer((_, _) => (Failure)failure);
        BuildCache one = Machine("one", server.Address);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(InTime(() => one.TryGet(Key("a"), cancellation.Token)));
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_redirect_to_the_same_server_is_followed_as_who_we_are()
    {
        using var server = new CacheFlakyServer(
            (_, request) => request.Contains(" /old/") ? Failure.Scripted : Failure.None);
        server.Script = request => Redirect("307 Temporary Redirect", request.Split(' ')[1].Replace("/old/", "/new/"));
        string file = WriteFile("file", 1_000_000);
        Put(Machine("one", new Uri(server.Address, "old"), token: "secret"), "a", file);
        server.Files.Keys.ShouldAllBe(path => path.StartsWith("/new/"));
        BuildCache two = Machine("two", new Uri(server.Address, "old"), token: "secret");
        two.TryRestore(two.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        server.Heads.ShouldAllBe(head => head.Contains("Authorization: Bearer secret"));
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_redirect_to_another_server_is_followed_without_saying_who_we_are()
    {
        using var elsewhere = new CacheFlakyServer((_, _) => Failure.None);
        using var server = new CacheFlakyServer((_, _) => Failure.Scripted);
        server.Script = request => Redirect("302 Found", new Uri(elsewhere.Address, request.Split(' ')[1]).ToString());
        string file = WriteFile("file", 1_000_000);
        Put(Machine("one", server.Address, token: "secret"), "a", file);
        BuildCache two = Machine("two", server.Address, token: "secret");
        two.TryRestore(two.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        server.Heads.ShouldAllBe(head => head.Contains("Authorization: Bearer secret"));
        elsewhere.Heads.ShouldNotBeEmpty();
        elsewhere.Heads.ShouldAllBe(head => !head.Contains("secret") && !head.Contains("Authorization"));
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_circle_of_redirects_is_left_after_a_few()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.Scripted);
        server.Script = _ => Redirect("302 Found", "/again");
        Machine("one", server.Address).TryGet(Key("a")).ShouldBeNull();
        server.Requests.ShouldBe(6);
        Warnings.Single().Message.ShouldContain("redirects more than 5 times");
    }

    [Fact]
    public void Another_scheme_is_not_gone_to()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.Scripted);
        server.Script = _ => Redirect("302 Found", "file:///etc/hostname");
        Machine("one", server.Address).TryGet(Key("a")).ShouldBeNull();
        server.Requests.ShouldBe(1);
        Warnings.Single().Code.ShouldBe("SLM4023");
        Warnings.Single().Message.ShouldContain("it redirects from http to file");
    }

    private async Task ShouldGoOnAlone(Failure failure, string answer)
    {
        using var server = new CacheFlakyServer((_, _) => failure);
        server.Script = _ => Encoding.Latin1.GetBytes(answer);
        BuildCache one = Machine("one", server.Address, Short);
        string file = WriteFile("file", 1_000_000);
        await InTime(() =>
        {
            one.TryGet(Key("a")).ShouldBeNull();
            one.Contains(Key("b")).ShouldBeOneOf(true, false);
            Put(one, "a", file);
            one.TryRestore(one.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        });
        Codes.ShouldAllBe(code => code == "SLM4023" || code == "SLM4024");
        Codes.ShouldNotBeEmpty();
        Codes.Count().ShouldBeLessThanOrEqualTo(2);
        Directory.EnumerateFileSystemEntries(Path.Combine(Temp["one"], "tmp")).ShouldBeEmpty();
    }

    private static Task<T> InTime<T>(Func<T> work) => Task.Run(work).WaitAsync(Limit);

    private static Task InTime(Action work) => Task.Run(work).WaitAsync(Limit);

    private static byte[] Redirect(
        string status,
        string location) => Encoding.Latin1.GetBytes(
            $"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    private BuildCache Machine(string name, Uri address, TimeSpan? patience = null, string? token = null)
        => BuildCache.Open(Temp[name], Options(address, patience, token), Warn);

    private static RemoteCacheOptions Options(Uri address, TimeSpan? patience = null, string? token = null) => new(
        new Uri(address.ToString().TrimEnd('/') + "/"), CanWrite: true, token is null
            ? null
            : new AuthenticationHeaderValue("Bearer", token))
    {
        Patience = patience ?? Limit,
        FirstDelay = TimeSpan.FromMilliseconds(1),
    };

    private static byte[] Compress(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
