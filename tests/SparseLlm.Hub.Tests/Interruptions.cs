using SparseLlm.Diagnostics;
using SparseLlm.Hub.Cache;

namespace SparseLlm.Hub.Tests;

/// <summary>What has come once is not fetched again, and what comes in the end is what the hub has.</summary>
public sealed class Interruptions : HubTest
{
    // Far more than anything here takes: what is waited for without end becomes a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private string Root => Path.Combine(Cache, "models--acme--tiny");

    private string Blobs => Path.Combine(Root, "blobs");

    private string WeightsId => Repository.Commits[Repository.Main]["model.safetensors"].Id;

    private string Incomplete => Path.Combine(Blobs, $"{WeightsId}.sparsellm.incomplete");

    private long Sent { get; set; }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fifty_cuts_anywhere_give_the_same_bytes(bool servesParts)
    {
        int cuts = 0;
        var random = new Random(7);
        Server.ServesParts = servesParts;

        // Each time a bit more than before has come: where no parts are served, everything starts again.
        Server.Cut = (request, length) =>
        {
            lock (random)
            {
                return request.IsContent && length > (servesParts ? 1 : 51) && cuts < 50 ? servesParts
                    ? (cuts++, 1 + random.NextInt64(Math.Min(length - 1, 3000))).Item2
                    : length * ++cuts / 51 : null;
            }
        };
        ShouldBeWhole(Pull());
        cuts.ShouldBe(50);
        Directory.GetFiles(Blobs).Length.ShouldBe(Files.Count);
    }

    [Fact]
    public void After_a_cut_only_the_rest_is_asked_for()
    {
        Server.Cut = (request, length) => request.IsCdn
            && request.Headers["Range"] is "bytes=0-39999" or "bytes=80000-119999" ? 15_000 : null;
        ShouldBeWhole(Pull());
        Server.Requests.Select(request => request.Headers.GetValueOrDefault("Range"))
            .ShouldContain("bytes=15000-39999");
        Server.Requests.Select(request => request.Headers.GetValueOrDefault("Range"))
            .ShouldContain("bytes=95000-119999");
        Asked(request => request.IsCdn).ShouldBe(Files["model.safetensors"].Length + 2 * (PieceLength - 15_000));
    }

    [Fact]
    public void A_run_that_was_given_up_is_gone_on_with()
    {
        // In one piece: of several, one that fails would end the others at any place.
        HubOptions options = Options() with { PieceLength = 1 << 20 };
        Server.Cut = (request, _) => request.IsCdn ? (request.Headers.ContainsKey("Range") ? 0 : 10_000) : null;
        Failure(() => Pull(options)).Code.ShouldBe("SLM6009");
        File.Exists(Incomplete).ShouldBeTrue();
        using (HubClient client = Client())
        {
            client.Snapshot(Model, Repository.Main).Contains("model.safetensors").ShouldBeFalse();
            client.Missing(Model, Repository.Main, client.List(Model, Repository.Main, default))
                .ShouldBe(Files["model.safetensors"].Length - 10_000 + Files["tokenizer/vocab.json"].Length);
        }

        Server.Cut = (_, _) => null;
        Server.ClearRequests();
        ShouldBeWhole(Pull(options));
        Asked(request => request.IsCdn).ShouldBe(Files["model.safetensors"].Length - 10_000);
        Directory.GetFiles(Blobs).Length.ShouldBe(Files.Count);
    }

    [Fact]
    public void Cancelling_keeps_what_has_come()
    {
        long length = Files["model.safetensors"].Length;
        using var cancellation = new CancellationTokenSource();
        Server.Before = async request =>
        {
            if (request.IsCdn && request.Headers["Range"].StartsWith("bytes=40000-", StringComparison.Ordinal))
            {
                await UntilAsync(() => Downloads.PartialFile.ReceivedOf(Incomplete, length) > 0);
                await cancellation.CancelAsync();
            }
        };
        using (HubClient client = Client())
        {
            Should.Throw<OperationCanceledException>(() => Pull(client, cancellation: cancellation.Token));
        }

        long here = Downloads.PartialFile.ReceivedOf(Incomplete, length);
        here.ShouldBeInRange(1, length - 1);
        Server.Before = _ => Task.CompletedTask;
        Server.ClearRequests();
        ShouldBeWhole(Pull());
        Asked(request => request.IsCdn).ShouldBe(length - here);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("SPM1 and then something else that is long enough")]
    public void A_record_that_makes_no_sense_begins_anew(string record)
    {
        Directory.CreateDirectory(Blobs);
        File.WriteAllBytes(Incomplete, Bytes(Files["model.safetensors"].Length, 99));
        File.WriteAllText(Incomplete + ".pieces", record);
        ShouldBeWhole(Pull());
        Notices.ShouldBeEmpty();
    }

    [Fact]
    public void Bytes_that_a_record_wrongly_calls_received_are_found_out()
    {
        long length = Files["model.safetensors"].Length;
        Directory.CreateDirectory(Blobs);
        using (var partial = Downloads.PartialFile.Open(Incomplete, length, PieceLength))
        {
            partial.Append(partial.Pieces[2], Bytes(PieceLength, 99));
        }

        ShouldBeWhole(Pull());
        Notices.Select(notice => notice.Code).ShouldBe(["SLM6017"]);
    }

    [Fact]
    public void A_file_that_other_tools_have_not_brought_to_its_end_is_left_to_them()
    {
        Directory.CreateDirectory(Blobs);
        string theirs = Path.Combine(Blobs, $"{WeightsId}.incomplete");
        File.WriteAllText(theirs, "theirs");
        ShouldBeWhole(Pull());
        File.ReadAllText(theirs).ShouldBe("theirs");
    }

    [Fact]
    public void A_digest_that_lies_once_is_fetched_again_with_a_note()
    {
        int lies = 0;
        Server.Tamper = (request, content) => request.IsCdn && Interlocked.Increment(ref lies) == 1
            ? [.. content[..^1], (byte)(content[^1] ^ 1)]
            : content;
        HubOptions options = Options() with { PieceLength = 1 << 20 };
        ShouldBeWhole(Pull(options));
        Notices.ShouldHaveSingleItem().Code.ShouldBe("SLM6017");
        Notices[0].Message.ShouldContain("'model.safetensors'");
    }

    [Theory]
    [InlineData("model.safetensors", "SHA-256")]
    [InlineData("config.json", "SHA-1")]
    public void A_digest_that_lies_twice_is_refused_by_name_and_nothing_of_it_kept(string file, string digest)
    {
        byte[] right = Files[file];
        Server.Tamper = (_, content) => content.SequenceEqual(right)
            ? [.. content.Select(value => (byte)~value)]
            : content;
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6011");
        failure.Message.ShouldContain($"'{file}'");
        failure.Message.ShouldContain(digest);
        Directory.GetFiles(Blobs).ShouldNotContain(path => path.Contains(Repository.Commits[Repository.Main][file].Id));
        using HubClient client = Client();
        client.Snapshot(Model, Repository.Main).Contains(file).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(100_000)]
    public void A_file_of_another_length_is_refused(int more)
    {
        Server.Tamper = (request, content) => request.IsCdn
            ? content
            : more < 0 ? content[..Math.Max(0, content.Length + more)] : [.. content, .. new byte[more]];
        Failure(() => Pull()).Code.ShouldBe("SLM6011");
    }

    [Fact]
    public void A_hub_that_gives_another_content_than_it_lists_is_refused()
    {
        Server.Script = request => request.Path
            .EndsWith("/resolve/" + Repository.Main + "/model.safetensors", StringComparison.Ordinal)
            ? $"HTTP/1.1 302 Found\r\nLocation: {Server.Cdn}repos/{WeightsId}\r\nX-Linked-Etag: "
                + $"\"{new string('a', 64)}\"\r\nContent-Length: 0\r\n\r\n"
            : null;
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6011");
        failure.Message.ShouldContain(new string('a', 64));
    }

    [Theory]
    [InlineData("bytes 0-9/999999")]
    [InlineData("bytes 1-39999/201234")]
    [InlineData("lines 0-39999/201234")]
    [InlineData("")]
    public void Another_part_than_was_asked_for_is_refused(string range)
    {
        Server.Script = request => request.IsCdn && request.Headers["Range"] == "bytes=0-39999"
            ? $"HTTP/1.1 206 Part\r\n{(range.Length > 0 ? $"Content-Range: {range}\r\n" : "")}Content-Length: 0\r\n\r\n"
            : null;
        Failure(() => Pull()).Code.ShouldBe("SLM6011");
    }

    [Fact]
    public async Task A_server_that_goes_silent_is_given_up_and_then_gone_on_with()
    {
        int silences = 0;
        var never = new TaskCompletionSource();
        Server.Before = request => request.IsCdn && Interlocked.Increment(ref silences) <= 2
            ? never.Task
            : Task.CompletedTask;
        HubOptions options = Options() with { Patience = TimeSpan.FromSeconds(2) };
        await Task.Run(() => ShouldBeWhole(Pull(options))).WaitAsync(Limit);
        never.SetResult();
        Notices.ShouldHaveSingleItem().Code.ShouldBe("SLM6019");
    }

    [Fact]
    public async Task Two_that_want_the_same_file_bring_it_once()
    {
        int count = 0;
        var both = new TaskCompletionSource();
        Server.Before = async request =>
        {
            if (request.Path.EndsWith("/revision/main", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref count) == 2)
                {
                    both.SetResult();
                }

                await both.Task.WaitAsync(Limit);
            }
        };
        HubSnapshot[] snapshots = await Task.WhenAll(Task.Run(() => Pull()), Task.Run(() => Pull())).WaitAsync(Limit);
        foreach (HubSnapshot snapshot in snapshots)
        {
            ShouldBeWhole(snapshot);
        }

        Asked(request => request.IsCdn).ShouldBe(Files["model.safetensors"].Length);
    }

    [Fact]
    public async Task Who_waits_for_another_is_told_once_and_uses_what_the_other_has_brought()
    {
        using HubClient client = Client();
        string commit = client.Resolve(Model, default);
        HubFile config = client.List(Model, commit, default).Single(file => file.Path == "config.json");
        string locks = Path.Combine(Cache, ".locks", "models--acme--tiny");
        Directory.CreateDirectory(locks);
        Task download;
        using (Lock(Path.Combine(locks, $"{config.Id}.lock")))
        {
            download = Task.Run(() => client.Download(Model, commit, [config], null, default));
            SpinWait.SpinUntil(() => Notices.Count > 0, Limit).ShouldBeTrue();
            Directory.CreateDirectory(Blobs);
            File.WriteAllBytes(Path.Combine(Blobs, config.Id), Files["config.json"]);
        }

        await download.WaitAsync(Limit);
        client.Snapshot(Model, commit).Contains(config).ShouldBeTrue();
        Server.Requests.ShouldNotContain(request => request.IsContent);
        Notices.ShouldHaveSingleItem().Code.ShouldBe("SLM6016");
        Notices[0].Message.ShouldContain("'config.json'");

        static IDisposable Lock(string path) => SparseLlm.Files.FileLock.Acquire(path, default);
    }

    [SkippableFact]
    public async Task The_lock_is_the_one_that_other_tools_hold()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/flock"), "the command flock is not installed");
        string locks = Path.Combine(Cache, ".locks", "models--acme--tiny");
        Directory.CreateDirectory(locks);
        string path = Path.Combine(locks, $"{WeightsId}.lock");

        // It takes the lock and ends with its input.
        using var other = System.Diagnostics.Process
            .Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/flock", [path, "sh", "-c", "echo held; read line"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        (await other.StandardOutput.ReadLineAsync().WaitAsync(Limit)).ShouldBe("held");
        Task<HubSnapshot> pull = Task.Run(() => Pull());
        SpinWait.SpinUntil(() => Notices.Any(notice => notice.Code == "SLM6016"), Limit).ShouldBeTrue();
        pull.IsCompleted.ShouldBeFalse();
        Server.Requests.ShouldNotContain(request => request.IsCdn);
        other.StandardInput.Close();
        ShouldBeWhole(await pull.WaitAsync(Limit));
    }

    [Fact]
    public void A_disk_without_room_is_told_before_anything_is_brought()
    {
        Diagnostic failure = Failure(() => Pull(Options() with { FreeSpace = _ => 5000 }));
        failure.Code.ShouldBe("SLM6014");
        failure.Message.ShouldContain("0 MiB are free");
        failure.Location!.File.ShouldBe(Root);
        Server.Requests.ShouldNotContain(request => request.IsContent);
    }

    [SkippableFact]
    public void A_disk_that_gets_full_leaves_nothing_that_would_be_believed()
    {
        Directory.CreateDirectory(Cache);
        Skip.IfNot(
            OperatingSystem.IsLinux() && Mount("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", Cache),
            "mounting a file system is not allowed here");
        try
        {
            Failure(() => Pull(Options() with { FreeSpace = _ => long.MaxValue })).Code.ShouldBe("SLM6014");
            using (HubClient client = Client())
            {
                client.Snapshot(Model, Repository.Main).Contains("model.safetensors").ShouldBeFalse();
            }

            // There is room again, and what has come is used.
            Mount("mount", "-o", "remount,size=8m", Cache).ShouldBeTrue();
            Server.ClearRequests();
            ShouldBeWhole(Pull());
            Asked(request => request.IsCdn).ShouldBeLessThan(Files["model.safetensors"].Length);
        }
        finally
        {
            Mount("umount", Cache);
        }

        static bool Mount(string program, params string[] arguments)
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process
                .Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_named()
    {
        File.WriteAllText(Cache, "a file");
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6013");
        failure.Location!.File.ShouldBe(Root);
        failure.Message.ShouldContain("HF_HUB_CACHE");
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (long begin = System.Diagnostics.Stopwatch.GetTimestamp(); !holds()
            && System.Diagnostics.Stopwatch.GetElapsedTime(begin) < Limit;)
        {
            await Task.Delay(5);
        }
    }

    /// <summary>Bytes that were asked for.</summary>
    private long Asked(Func<HubServerRequest, bool> isMeant) => Server.Requests.Where(isMeant).Sum(request =>
    {
        long[] range = [.. request.Headers["Range"]["bytes=".Length..].Split('-').Select(long.Parse)];
        return range[1] - range[0] + 1;
    });
}
