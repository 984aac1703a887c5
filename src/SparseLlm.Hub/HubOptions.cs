using System.Text;
using SparseLlm.Diagnostics;

namespace SparseLlm.Hub;

/// <summary>Which hub, as whom, and where its cache is: by the variables of the environment by which Hugging Face's own
/// tools go.</summary>
public sealed record HubOptions
{
    /// <summary>Where a token comes from, for messages.</summary>
    internal const string HowToGiveToken
        = "put a token (from https://huggingface.co/settings/tokens) into HF_TOKEN, or run 'hf auth login'";

    /// <summary>The public hub.</summary>
    public static Uri PublicEndpoint { get; } = new("https://huggingface.co/");

    /// <summary>The hub; its address ends with a slash.</summary>
    public Uri Endpoint { get; init; } = PublicEndpoint;

    /// <summary>Who we are, if the hub is told; sent to <see cref="Endpoint"/> and nobody else.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token was found: the name of a variable, or the path of a file; null without one.</summary>
    public string? TokenSource { get; init; }

    /// <summary>The folder with the folders of repositories.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>Whether nobody may be asked.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Why nobody may be asked, and what to do, for messages.</summary>
    public string WhyOffline { get; init; } = "HF_HUB_OFFLINE, or TRANSFORMERS_OFFLINE, forbids to ask the hub; unset "
        + "it, or run 'dotnet sparsellm pull' without it first";

    /// <summary>Whether snapshots are made of links where the file system has them.</summary>
    public bool UsesLinks { get; init; } = true;

    /// <summary>How long to wait for a server that does not go on.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait before something is tried again for the first time; then twice as long each
    /// time.</summary>
    internal TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait at most where the hub says how long.</summary>
    internal TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes that are asked for at once.</summary>
    internal int PieceLength { get; init; } = 32 << 20;

    /// <summary>Free bytes of the disk that a folder is on.</summary>
    internal Func<string, long> FreeSpace { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Reads the environment.</summary>
    /// <param name="environment">The value of a variable, or null.</param>
    /// <exception cref="DiagnosticException">What it says makes no sense.</exception>
    public static HubOptions Read(Func<string, string?> environment) => new HubEnvironment(environment).Read();

    // The token is nobody's business, in a debugger's window or a failed assertion either.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append($"{nameof(Endpoint)} = {Endpoint}, {nameof(CacheDirectory)} = {CacheDirectory}, "
            + $"{nameof(IsOffline)} = {IsOffline}, {nameof(TokenSource)} = {TokenSource}");
        return true;
    }
}
