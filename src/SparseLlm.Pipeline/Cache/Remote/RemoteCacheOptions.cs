using System.Net.Http.Headers;
using System.Text;
using SparseLlm.Hub;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>Which remote cache, for what, and as whom.</summary>
/// <param name="Address">Ends with a slash; <c>ac/KEY</c> and <c>cas/DIGEST</c> are below it.</param>
/// <param name="CanWrite">Whether what is stored here is stored there too.</param>
/// <param name="Authorization">Who we are, if the server wants to know.</param>
internal sealed record RemoteCacheOptions(Uri Address, bool CanWrite, AuthenticationHeaderValue? Authorization)
{
    private static readonly TimeSpan StandardPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StandardDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StandardLease = TimeSpan.FromSeconds(60);

    /// <summary>Names the remote cache.</summary>
    public const string AddressVariable = "SPARSELLM_REMOTE_CACHE";

    /// <summary>Says whether it is written.</summary>
    public const string ModeVariable = "SPARSELLM_REMOTE_CACHE_MODE";

    /// <summary>The mode of those that write.</summary>
    public const string Writing = "readwrite";

    private const string TokenVariable = "SPARSELLM_REMOTE_CACHE_TOKEN";
    private const string UserVariable = "SPARSELLM_REMOTE_CACHE_USER";
    private const string PasswordVariable = "SPARSELLM_REMOTE_CACHE_PASSWORD";

    /// <summary>How long to wait for a server that does not go on.</summary>
    public TimeSpan Patience { get; init; } = StandardPatience;

    /// <summary>How long to wait before something is tried again for the first time; then twice as long each
    /// time.</summary>
    public TimeSpan FirstDelay { get; init; } = StandardDelay;

    /// <summary>How long a claim must not change before its owner counts as dead. All who share a remote cache need the
    /// same.</summary>
    public TimeSpan Lease { get; init; } = StandardLease;

    /// <summary>What measures that.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where credentials belong, for messages.</summary>
    public const string CredentialVariables = $"{TokenVariable}, or {UserVariable} and {PasswordVariable}";

    /// <summary>What to do where a remote cache is needed, for messages.</summary>
    public const string HowToWrite = $"name a remote cache in {AddressVariable} and set {ModeVariable} to {Writing}";

    /// <summary>What to do where a remote cache is needed, for messages.</summary>
    public const string HowToRead = $"name a remote cache in {AddressVariable}";

    /// <summary>Reads the environment; null where it names no remote cache.</summary>
    /// <param name="environment">The value of a variable, or null.</param>
    /// <exception cref="Diagnostics.DiagnosticException">What it says makes no sense.</exception>
    public static RemoteCacheOptions? Read(Func<string, string?> environment)
    {
        string? address = environment(AddressVariable);
        return string.IsNullOrEmpty(address)
            ? null
            : new RemoteCacheOptions(
                ParseAddress(address),
                ParseMode(environment(ModeVariable)),
                ReadCredentials(environment));
    }

    /// <summary>An address that holds no secret; it must not be printed before that is known.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Who says so.</param>
    /// <exception cref="Diagnostics.DiagnosticException">It is none, or holds one.</exception>
    public static Uri ParseAddress(string text, string source = AddressVariable)
    {
        if (!Uri.TryCreate(text.TrimEnd('/') + '/', UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https")
            || !HostName.IsValid(address))
        {
            throw PipelineDiagnostics.RemoteCacheConfiguration.Error(
                null, $"{source} is not an address that begins with http:// or https://");
        }

        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw PipelineDiagnostics.RemoteCacheCredentials.Error(
                null,
                $"{source} has a user, a password or a query in it, and addresses end up in logs; "
                + $"leave the plain address there, and put credentials into {CredentialVariables}");
        }

        return address;
    }

    private static bool ParseMode(string? mode) => mode switch
    {
        null or "" or "read" => false,
        Writing => true,
        _ => throw PipelineDiagnostics.RemoteCacheConfiguration
            .Error(null, $"{ModeVariable} is '{mode}'; it must be read or {Writing}"),
    };

    private static AuthenticationHeaderValue? ReadCredentials(Func<string, string?> environment)
    {
        (string? token, string? user) = (environment(TokenVariable), environment(UserVariable));
        return (string.IsNullOrEmpty(token), string.IsNullOrEmpty(user)) switch
        {
            (true, true) => null,
            (false, true) when token!.Any(unit => unit is <= ' ' or > '~') => throw PipelineDiagnostics
                .RemoteCacheConfiguration
                .Error(
                    null, $"{TokenVariable} has a space, a line break or another character in it that a token cannot "
                        + $"have; was it read from a file with its line end?"),
            (false, true) => new AuthenticationHeaderValue("Bearer", token),
            (true, false) => new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{environment(PasswordVariable)}"))),
            _ => throw PipelineDiagnostics.RemoteCacheConfiguration.Error(
                null, $"there are both {TokenVariable} and {UserVariable}; unset the one that is not meant"),
        };
    }
}
