using System.Text;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Cache.Remote.Claims;
using static SparseLlm.Pipeline.Tests.CacheFlakyServer;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Workers that share nothing but a remote cache: a unit is one's, until it is released or its owner has not
/// stirred for a lease.</summary>
public sealed class ClaimsOfUnits : CacheTest
{
    // Far more than anything here takes, so that nothing is renewed where a test does not want it.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private static readonly string Name = ClaimStore.NameOf(Key("unit"));
    private static readonly string Place = $"/ac/{Name}";

    private readonly ManualClock clock = new();

    [Fact]
    public async Task Of_those_who_begin_at_the_same_time_one_wins()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        BuildCache[] machines = [.. Enumerable.Range(0, 4).Select(index => Machine($"{index}", server.Address))];
        for (int round = 0; round < 10; round++)
        {
            string key = Key($"{round}");
            ClaimAttempt[] attempts = await AtOnce(machines, key);
            attempts.Count(attempt => attempt.Hold is not null).ShouldBe(1);
            Release(attempts);
        }

        Codes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_those_who_take_over_at_the_same_time_one_wins()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        server.Files[Place] = "not a claim"u8.ToArray();
        BuildCache[] machines = [.. Enumerable.Range(0, 4).Select(index => Machine($"{index}", server.Address))];
        machines.ShouldAllBe(machine => Take(machine) == ClaimAttempt.Doubtful);
        clock.Pass(Long);
        ClaimAttempt[] attempts = await AtOnce(machines, Key("unit"));
        attempts.Count(attempt => attempt.Hold is not null).ShouldBe(1);
        Release(attempts);
        Codes.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_without_conditions_will_do(bool isNginx)
    {
        using CacheFlakyServer? simple = isNginx ? null : new CacheFlakyServer((_, _) => Failure.None);
        using CacheRemoteServer? nginx = isNginx ? new CacheRemoteServer() : null;
        Uri address = nginx?.Address ?? simple!.Address;
        (BuildCache one, BuildCache two) = (Machine("one", address), Machine("two", address));
        using (Take(one).Hold.ShouldNotBeNull())
        {
            Take(two).ShouldBe(ClaimAttempt.Doubtful);
        }

        // It was released, and is given back for good by one who goes away without a word.
        Take(two).Hold.ShouldNotBeNull();
        Take(one).ShouldBe(ClaimAttempt.Doubtful);
        clock.Pass(Long);
        using IDisposable hold = Take(one).Hold.ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_server_that_minds_no_conditions_does_not_make_a_claim_ours_that_another_has_replaced()
    {
        byte[]? others = null;
        CacheFlakyServer server = null!;
        using (server = new CacheFlakyServer((count, _) =>
        {
            if (count == 2)
            {
                server.Files[Place] = others!;
            }

            return Failure.None;
        }))
        {
            others = "another's"u8.ToArray();
            Take(Machine("one", server.Address)).Hold.ShouldBeNull();
        }
    }

    [Fact]
    public void What_is_released_can_be_taken()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        Take(Machine("one", server.Address)).Hold.ShouldNotBeNull().Dispose();
        Take(Machine("two", server.Address)).Hold.ShouldNotBeNull().Dispose();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_claim_that_does_not_change_for_a_lease_is_anybodys()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        using IDisposable hold = Take(Machine("one", server.Address)).Hold.ShouldNotBeNull();
        BuildCache two = Machine("two", server.Address);
        Take(two).ShouldBe(ClaimAttempt.Doubtful);
        clock.Pass(Long - Moment);
        Take(two).ShouldBe(ClaimAttempt.Doubtful);
        clock.Pass(Moment);
        using IDisposable taken = Take(two).Hold.ShouldNotBeNull();
    }

    [Fact]
    public void A_claim_that_changes_is_its_owners()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        BuildCache two = Machine("two", server.Address);
        for (int beat = 0; beat < 5; beat++)
        {
            Beat(server, beat);
            Take(two).ShouldBe(beat == 0 ? ClaimAttempt.Doubtful : ClaimAttempt.Alive);
            clock.Pass(Long);
        }

        // It has changed, and who knows when.
        Beat(server, 5);
        clock.Pass(Moment);
        Take(two).ShouldBe(ClaimAttempt.Doubtful);
        clock.Pass(Long - Moment);
        Take(two).ShouldBe(ClaimAttempt.Doubtful);
    }

    [Fact]
    public void A_claim_is_renewed_until_it_is_released()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        using (Take(Machine("one", server.Address, TimeSpan.FromSeconds(3))).Hold.ShouldNotBeNull())
        {
            Stored(server).IsReleased.ShouldBeFalse();
            Until(() => Stored(server).Beat > 0);
            Stored(server).IsReleased.ShouldBeFalse();
        }

        Stored(server).IsReleased.ShouldBeTrue();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_claim_that_another_has_taken_over_stays_anothers()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        using (Take(Machine("one", server.Address)).Hold.ShouldNotBeNull())
        {
            Beat(server, 7);
        }

        Stored(server).ShouldBe(Others(7));
    }

    [Theory]
    [InlineData(Failure.Forbidden, "PUT")]
    [InlineData(Failure.Forbidden, "GET")]
    [InlineData(Failure.Unavailable, "PUT")]
    [InlineData(Failure.Hangup, "GET")]
    [InlineData(Failure.Silence, "PUT")]
    [InlineData(Failure.EndlessBody, "GET")]
    public void Without_claims_the_work_goes_on(object failure, string method)
    {
        using var server = new CacheFlakyServer(
            (_, request) => request.StartsWith($"{method} /ac", StringComparison.Ordinal)
                ? (Failure)failure
                : Failure.None);
        BuildCache one = Machine("one", server.Address, TimeSpan.FromSeconds(1));
        using IDisposable hold = Take(one).Hold.ShouldNotBeNull();
        one.TryClaim(Key("other"), CancellationToken.None).Hold.ShouldNotBeNull().Dispose();
        Codes.ShouldBe(["SLM4023"]);
        Warnings[0].Message.ShouldContain("another worker may compute the same");
    }

    [Fact]
    public void A_server_that_keeps_nothing_or_replaces_nothing_takes_no_claims()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.Scripted);
        server.Script = request => Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {(request.StartsWith('G') ? 404 : 201)} Whatever\r\nContent-Length: 0\r\n\r\n");
        Take(Machine("one", server.Address)).Hold.ShouldNotBeNull().Dispose();

        server.Script = request => Encoding.ASCII.GetBytes(request.StartsWith('G')
            ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"
            : "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");
        BuildCache two = Machine("two", server.Address);
        Take(two).ShouldBe(ClaimAttempt.Doubtful);
        clock.Pass(Long);
        Take(two).Hold.ShouldNotBeNull().Dispose();
        Codes.ShouldBe(["SLM4023", "SLM4023"]);
    }

    [Fact]
    public void Where_the_remote_cache_is_only_read_nobody_asks_it()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None);
        Take(Machine("one", server.Address, canWrite: false)).Hold.ShouldNotBeNull().Dispose();
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public void On_the_same_machine_who_has_it_lives()
    {
        using IDisposable hold = Take(Open()).Hold.ShouldNotBeNull();
        Take(Open()).ShouldBe(ClaimAttempt.Alive);
    }

    private static ClaimAttempt Take(BuildCache machine) => machine.TryClaim(Key("unit"), CancellationToken.None);

    /// <summary>Each on a thread of its own, as workers are.</summary>
    private static Task<ClaimAttempt[]> AtOnce(IEnumerable<BuildCache> machines, string key) => Task.WhenAll(
        machines.Select(machine => Task.Factory.StartNew(
            () => machine.TryClaim(key, CancellationToken.None), TaskCreationOptions.LongRunning)));

    private static void Release(IEnumerable<ClaimAttempt> attempts)
    {
        foreach (ClaimAttempt attempt in attempts)
        {
            attempt.Hold?.Dispose();
        }
    }

    private static Claim Others(int beat) => new("another", beat, IsReleased: false);

    /// <summary>Lets another have the claim, and stir.</summary>
    private static void Beat(CacheFlakyServer server, int beat)
        => Store(server.Address).Write(Name, Others(beat), Seen(server), CancellationToken.None);

    private static SeenClaim? Seen(CacheFlakyServer server)
        => Store(server.Address).Read(Name, CancellationToken.None);

    private static Claim Stored(CacheFlakyServer server) => Seen(server)!.Claim.ShouldNotBeNull();

    private static ClaimStore Store(Uri address) => new(new HttpStore(new RemoteCacheOptions(address, true, null)));

    private static void Until(Func<bool> condition)
        => SpinWait.SpinUntil(condition, TimeSpan.FromMinutes(1)).ShouldBeTrue();

    private BuildCache Machine(string name, Uri address, TimeSpan? lease = null, bool canWrite = true) =>
        BuildCache.Open(
            Temp[name],
            new RemoteCacheOptions(new Uri(address.ToString().TrimEnd('/') + "/"), canWrite, null)
            {
                FirstDelay = Moment,
                Lease = lease ?? Long,
                Clock = clock,
            },
            Warn);
}
