using SparseLlm.Diagnostics;
using SparseLlm.Hub.Cache;

namespace SparseLlm.Hub.Tests;

/// <summary>A hub, a cache that is empty, and a model.</summary>
public abstract class HubTest : IDisposable
{
    private protected const string Token = "hf_known";

    // Of several pieces, the last of which is short.
    private protected const int PieceLength = 40_000;

    private readonly List<Diagnostic> notices = [];

    private protected HubServer Server { get; } = new();

    private protected TempDirectory Temp { get; } = new();

    private protected HubAddress Model { get; } = Address("hf://acme/tiny");

    private protected IReadOnlyList<Diagnostic> Notices
    {
        get
        {
            lock (notices)
            {
                return [.. notices];
            }
        }
    }

    private protected string Cache => Temp["cache"];

    private protected Dictionary<string, byte[]> Files { get; } = new()
    {
        ["config.json"] = Bytes(600, 1),
        ["model.safetensors"] = Bytes(5 * PieceLength + 1234, 2),
        ["tokenizer/vocab.json"] = Bytes(3000, 3),
        ["empty.txt"] = [],
    };

    private protected HubServerRepository Repository { get; }

    protected HubTest()
    {
        Repository = Server.AddModel("acme/tiny");
        Repository.Push(Files);
    }

    public virtual void Dispose()
    {
        Server.Dispose();
        Temp.Dispose();
    }

    private protected static HubAddress Address(string text)
        => HubAddress.TryParse(text, out string problem).ShouldNotBeNull(problem);

    private protected static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected HubOptions Options(string? token = null) => new()
    {
        Endpoint = Server.Endpoint,
        CacheDirectory = Cache,
        Token = token,
        TokenSource = token is null ? null : "HF_TOKEN",
        FirstDelay = TimeSpan.FromMilliseconds(1),
        PieceLength = PieceLength,
    };

    private protected HubClient Client(HubOptions? options = null) => new(options ?? Options(), notice =>
    {
        lock (notices)
        {
            notices.Add(notice);
        }
    });

    /// <summary>Brings everything of an address.</summary>
    private protected HubSnapshot Pull(
        HubClient client,
        HubAddress? address = null,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        HubAddress what = address ?? Model;
        string commit = client.Resolve(what, cancellation);
        client.Download(what, commit, client.List(what, commit, cancellation), progress, cancellation);
        return client.Snapshot(what, commit);
    }

    private protected HubSnapshot Pull(HubOptions? options = null, HubAddress? address = null)
    {
        using HubClient client = Client(options);
        return Pull(client, address);
    }

    private protected void ShouldBeWhole(HubSnapshot snapshot)
    {
        snapshot.Files.ShouldBe(Files.Keys.Order(StringComparer.Ordinal));
        foreach ((string path, byte[] content) in Files)
        {
            File.ReadAllBytes(snapshot.PathOf(path)).SequenceEqual(content).ShouldBeTrue(path);
        }
    }

    private protected static Diagnostic Failure(Action action)
        => Should.Throw<DiagnosticException>(action).Diagnostics.ShouldHaveSingleItem();
}
