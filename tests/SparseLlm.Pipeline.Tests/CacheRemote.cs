using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Remote;
using static SparseLlm.Pipeline.Tests.CacheFlakyServer;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A remote cache shares what was computed, is not believed, and never stops a build.</summary>
public sealed class CacheRemote : CacheTest
{
    private const string Bearer = "if ($http_authorization != \"Bearer open-sesame\") { return 401; }";
    private const string Basic = "auth_basic cache; auth_basic_user_file USERS;";

    [SkippableFact]
    public void What_one_machine_stores_another_finds()
    {
        using var server = new CacheRemoteServer();
        (string file, string empty) = (WriteFile("file", 3_000_001), WriteFile("empty", 0));
        Put(Machine("one", server.Address, "readwrite"), "a", file, empty);

        BuildCache two = Machine("two", server.Address, "read");
        CacheEntry entry = two.TryGet(Key("a")).ShouldNotBeNull();
        (entry.Description, entry.Metadata!.Value.GetProperty("answer").GetInt32()).ShouldBe(("entry a", 42));
        two.TryRestore(entry, Temp["out"]).ShouldBeTrue();
        File.ReadAllBytes(Path.Combine(Temp["out"], "file")).ShouldBe(File.ReadAllBytes(file));
        File.ReadAllBytes(Path.Combine(Temp["out"], "empty")).ShouldBeEmpty();

        // From now on without the server.
        server.Stop();
        Machine("two", null).TryGet(Key("a")).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [SkippableFact]
    public void What_is_there_already_is_not_sent_again()
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 1000);
        BuildCache one = Machine("one", server.Address, "readwrite");
        Put(one, "a", file);
        Put(one, "b", file);
        server.Requests.Count(request => request.StartsWith("PUT /cache/cas", StringComparison.Ordinal)).ShouldBe(1);
        Machine("two", server.Address).TryGet(Key("b")).ShouldNotBeNull();
    }

    [SkippableFact]
    public void A_miss_there_is_a_miss()
    {
        using var server = new CacheRemoteServer();
        BuildCache one = Machine("one", server.Address);
        one.Contains(Key("a")).ShouldBeFalse();
        one.TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBeEmpty();
    }

    [SkippableFact]
    public void Whether_something_is_there_can_be_asked_without_fetching_it()
    {
        using var server = new CacheRemoteServer();
        Put(Machine("one", server.Address, "readwrite"), "a", WriteFile("file", 1000));
        Machine("two", server.Address).Contains(Key("a")).ShouldBeTrue();
        Machine("two", null).Contains(Key("a")).ShouldBeFalse();
        Machine("one", null).Contains(Key("a")).ShouldBeTrue();
    }

    [SkippableTheory]
    [InlineData("read")]
    [InlineData(null)]
    public void Nothing_is_written_where_only_reading_is_allowed(string? mode)
    {
        using var server = new CacheRemoteServer();
        BuildCache one = Machine("one", server.Address, mode);
        Put(one, "a", WriteFile("file", 1000));
        Should.Throw<DiagnosticException>(() => one.TryPush(Key("a"), CancellationToken.None)).Diagnostics.Single().Code
            .ShouldBe("SLM4025");
        Directory.EnumerateFileSystemEntries(server.Data).ShouldBeEmpty();
        server.Requests.ShouldNotContain(request => request.StartsWith("PUT", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(Bearer, "open-sesame", null, null)]
    [InlineData(Basic, null, "builder", "open sesame")]
    public void Credentials_open_the_door(string protection, string? token, string? user, string? password)
    {
        using var server = new CacheRemoteServer(protection);
        string file = WriteFile("file", 1_000_000);
        Put(Machine("one", server.Address, "readwrite", token, user, password), "a", file);
        Machine("two", server.Address, "read", token, user, password).TryGet(Key("a")).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData(Bearer, null, null, null)]
    [InlineData(Bearer, "wrong", null, null)]
    [InlineData(Basic, null, null, null)]
    [InlineData(Basic, null, "builder", "wrong")]
    public void Without_the_right_credentials_the_work_goes_on_alone(
        string protection,
        string? token,
        string? user,
        string? password)
    {
        using var server = new CacheRemoteServer(protection);
        BuildCache one = Machine("one", server.Address, "readwrite", token, user, password);
        one.TryGet(Key("a")).ShouldBeNull();
        Put(one, "a", WriteFile("file", 1_000_000));
        one.TryGet(Key("a")).ShouldNotBeNull();
        Directory.EnumerateFileSystemEntries(server.Data).ShouldBeEmpty();
        Codes.ShouldBe(["SLM4023"]);
        Warnings.Single().Message.ShouldContain("401");
        Warnings.Single().Message.ShouldContain("SPARSELLM_REMOTE_CACHE_TOKEN");
        server.Requests.Length.ShouldBe(1);
    }

    [SkippableFact]
    public void A_server_that_refuses_to_be_written_is_read_all_the_same()
    {
        using var server = new CacheRemoteServer(
            "set $who \"$http_authorization$request_method\"; if ($who = \"Bearer readerPUT\") { return 403; }");
        Put(Machine("one", server.Address, "readwrite"), "a", WriteFile("file", 1000));
        BuildCache two = Machine("two", server.Address, "readwrite", "reader");
        Put(two, "b", WriteFile("other", 1001));
        Put(two, "c", WriteFile("third", 1002));
        Codes.ShouldBe(["SLM4023"]);
        two.TryGet(Key("a")).ShouldNotBeNull();
    }

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(999_999, 0)]
    [InlineData(5, -1)]
    [InlineData(5, 1)]
    public void Damaged_bytes_are_found_and_not_kept(int position, int lengthChange)
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 1_000_000);
        Put(Machine("one", server.Address, "readwrite"), "a", file);
        string there = server.FileOf($"cas/{FileDigestOf(file)}");
        byte[] bytes = File.ReadAllBytes(there);
        bytes[position] ^= 1;
        Array.Resize(ref bytes, bytes.Length + lengthChange);
        File.WriteAllBytes(there, bytes);

        BuildCache two = Machine("two", server.Address);
        two.TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBe(["SLM4024"]);
        Directory.EnumerateFiles(Path.Combine(Temp["two"], "cas")).ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(Temp["two"], "tmp")).ShouldBeEmpty();
        Put(two, "a", file);
        two.TryGet(Key("a")).ShouldNotBeNull();
    }

    [SkippableFact]
    public void A_damaged_entry_is_found()
    {
        using var server = new CacheRemoteServer();
        Put(Machine("one", server.Address, "readwrite"), "a", WriteFile("file", 10));
        string there = server.FileOf($"ac/{Key("a")}");
        File.WriteAllText(there, File.ReadAllText(there).Replace("42", "43"));
        Machine("two", server.Address).TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBe(["SLM4024"]);
    }

    [SkippableFact]
    public void An_entry_cannot_write_where_it_likes()
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 10);
        Put(Machine("one", server.Address, "readwrite"), "a", file);
        CacheEntry entry = Machine("one", null).TryGet(Key("a"))!;
        CacheEntry evil = entry with { Files = [entry.Files[0] with { Name = "../evil" }] };
        File.WriteAllBytes(server.FileOf($"ac/{Key("a")}"), CacheEntryFile.Write(evil));
        Machine("two", server.Address).TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBe(["SLM4024"]);
    }

    [SkippableFact]
    public void Bytes_that_are_gone_there_are_a_miss()
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 10);
        Put(Machine("one", server.Address, "readwrite"), "a", file);
        File.Delete(server.FileOf($"cas/{FileDigestOf(file)}"));
        Machine("two", server.Address).TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBeEmpty();
    }

    [SkippableFact]
    public void Bytes_that_are_damaged_here_are_fetched_again()
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 10);
        BuildCache one = Machine("one", server.Address, "readwrite");
        Put(one, "a", file);
        File.WriteAllBytes(Path.Combine(Temp["one"], "cas", FileDigestOf(file)), new byte[10]);
        one.TryRestore(one.TryGet(Key("a"))!, Temp["out"]).ShouldBeFalse();
        one.TryRestore(one.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        Codes.ShouldBe(["SLM4020"]);
    }

    [SkippableFact]
    public void An_entry_can_be_pushed_later()
    {
        using var server = new CacheRemoteServer();
        Put(Machine("one", null), "a", WriteFile("file", 1000));
        BuildCache one = Machine("one", server.Address, "readwrite");
        one.TryPush(Key("a"), CancellationToken.None).ShouldBeTrue();
        one.TryPush(Key("b"), CancellationToken.None).ShouldBeFalse();
        Machine("two", server.Address).TryGet(Key("a")).ShouldNotBeNull();
    }

    [SkippableFact]
    public void Damaged_bytes_are_not_pushed()
    {
        using var server = new CacheRemoteServer();
        string file = WriteFile("file", 1000);
        Put(Machine("one", null), "a", file);
        File.WriteAllBytes(Path.Combine(Temp["one"], "cas", FileDigestOf(file)), new byte[1000]);
        Machine("one", server.Address, "readwrite").TryPush(Key("a"), CancellationToken.None).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(server.Data).ShouldBeEmpty();
        Codes.ShouldBe(["SLM4020"]);
    }

    [Fact]
    public void A_server_that_is_down_costs_a_warning()
    {
        BuildCache one = Machine("one", new Uri($"http://127.0.0.1:{CacheRemoteServer.FreePort()}"), "readwrite");
        one.TryGet(Key("a")).ShouldBeNull();
        Put(one, "a", WriteFile("file", 1000));
        one.TryRestore(one.TryGet(Key("a"))!, Temp["out"]).ShouldBeTrue();
        one.TryGet(Key("b")).ShouldBeNull();
        Codes.ShouldBe(["SLM4023"]);
    }

    [Theory]
    [InlineData(Failure.Unavailable)]
    [InlineData(Failure.TooMany)]
    [InlineData(Failure.Hangup)]
    public void What_fails_and_then_works_is_no_failure(object failure)
    {
        using var server = new CacheFlakyServer((request, _) => request % 2 == 0 ? (Failure)failure : Failure.None);
        string file = WriteFile("file", 100_000);
        Put(Machine("one", server.Address, "readwrite"), "a", file);
        BuildCache two = Machine("two", server.Address);
        two.TryRestore(two.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        server.Requests.ShouldBe(2 * 5);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_download_that_breaks_off_starts_again()
    {
        int downloads = 0;
        using var server = new CacheFlakyServer((_, request) =>
            request.StartsWith("GET /cas", StringComparison.Ordinal) && downloads++ < 2
                ? Failure.HalfTheBody
                : Failure.None);
        Put(Machine("one", server.Address, "readwrite"), "a", WriteFile("file", 1_000_000));
        BuildCache two = Machine("two", server.Address);
        two.TryRestore(two.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        downloads.ShouldBe(3);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_server_that_keeps_failing_is_asked_no_more()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.Unavailable);
        BuildCache one = Machine("one", server.Address, "readwrite");
        one.TryGet(Key("a")).ShouldBeNull();
        int requests = server.Requests;
        requests.ShouldBeGreaterThan(1);
        Put(one, "a", WriteFile("file", 1000));
        one.TryGet(Key("b")).ShouldBeNull();
        server.Requests.ShouldBe(requests);
        Codes.ShouldBe(["SLM4023"]);
    }

    [Theory]
    [InlineData("http://builder:secret@localhost", "SLM4026")]
    [InlineData("https://secret@localhost/cache", "SLM4026")]
    [InlineData("https://localhost/cache?sig=secret", "SLM4026")]
    [InlineData("localhost/secret", "SLM4025")]
    [InlineData("ftp://localhost/secret", "SLM4025")]
    [InlineData("http://xn--\u00FC.example/secret", "SLM4025")]
    public void An_address_with_secrets_or_without_sense_is_an_error_that_does_not_repeat_it(
        string address,
        string code)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(() => Options(address)).Diagnostics.Single();
        error.Code.ShouldBe(code);
        error.Message.ShouldNotContain("secret");
        error.Message.ShouldContain("SPARSELLM_REMOTE_CACHE");
    }

    [Fact]
    public void An_unknown_mode_is_an_error() =>
        Should.Throw<DiagnosticException>(() => Options("http://localhost", "write")).Diagnostics.Single().Code
            .ShouldBe("SLM4025");

    [Fact]
    public void A_token_and_a_user_together_are_an_error() =>
        Should.Throw<DiagnosticException>(() => Options("http://localhost", token: "t", user: "u")).Diagnostics.Single()
            .Code
            .ShouldBe("SLM4025");

    [Fact]
    public void Without_an_address_there_is_no_remote_cache() => Options(null).ShouldBeNull();

    private BuildCache Machine(
        string name, Uri? address, string? mode = "read", string? token = null, string? user = null,
        string? password = null) =>
        BuildCache.Open(Temp[name], Options(address?.ToString(), mode, token, user, password), Warn);

    private static RemoteCacheOptions? Options(
        string? address, string? mode = null, string? token = null, string? user = null, string? password = null) =>
        RemoteCacheOptions.Read(name => name switch
        {
            "SPARSELLM_REMOTE_CACHE" => address,
            "SPARSELLM_REMOTE_CACHE_MODE" => mode,
            "SPARSELLM_REMOTE_CACHE_TOKEN" => token,
            "SPARSELLM_REMOTE_CACHE_USER" => user,
            "SPARSELLM_REMOTE_CACHE_PASSWORD" => password,
            _ => null,
        });

    private string FileDigestOf(string file) => Path.GetFileName(BlobPath(file));
}
