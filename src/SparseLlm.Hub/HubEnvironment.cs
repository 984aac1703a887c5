using System.Text;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Hub;

/// <summary>The variables of the environment that Hugging Face's tools know, read as they read them; one that is empty
/// counts as not set.</summary>
internal sealed partial class HubEnvironment(Func<string, string?> environment)
{
    private const string EndpointVariable = "HF_ENDPOINT";
    private const string TokenVariable = "HF_TOKEN";
    private const string OldTokenVariable = "HUGGING_FACE_HUB_TOKEN";
    private const int LongestToken = 1 << 16;

    private static readonly string[] Yes = ["1", "ON", "YES", "TRUE"];

    private string Home => Expand(
        Value("HF_HOME") ?? Path.Combine(Value("XDG_CACHE_HOME") ?? Path.Combine("~", ".cache"), "huggingface"));

    /// <inheritdoc cref="HubOptions.Read"/>
    public HubOptions Read()
    {
        (string? token, string? source) = IsYes("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? (null, null) : ReadToken();
        return new HubOptions
        {
            Endpoint = ReadEndpoint(),
            Token = token,
            TokenSource = source,
            CacheDirectory = Path.GetFullPath(
                Expand(Value("HF_HUB_CACHE") ?? Value("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(Home, "hub"))),
            IsOffline = IsYes("HF_HUB_OFFLINE") || (Value("HF_HUB_OFFLINE") is null && IsYes("TRANSFORMERS_OFFLINE")),
            UsesLinks = !IsYes("HF_HUB_DISABLE_SYMLINKS"),
        };
    }

    /// <summary>The address must not be printed before it is known to hold no secret.</summary>
    private Uri ReadEndpoint()
    {
        if (Value(EndpointVariable) is not { } text)
        {
            return HubOptions.PublicEndpoint;
        }

        if (!Uri.TryCreate(text.Trim().TrimEnd('/') + '/', UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https")
            || !HostName.IsValid(address))
        {
            throw HubDiagnostics.Configuration.Error(null, $"{EndpointVariable} is not an address that begins with "
                + $"https:// or http://, such as {HubOptions.PublicEndpoint}");
        }

        return address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw HubDiagnostics.Configuration.Error(
                null, $"{EndpointVariable} has a user, a password or a query in it, and addresses end up in logs; "
                    + $"leave the plain address there, and put a token into {TokenVariable}");
    }

    private (string? Token, string? Source) ReadToken()
    {
        foreach (string variable in (string[])[TokenVariable, OldTokenVariable])
        {
            if (Value(variable) is { } value)
            {
                // The first that is set decides, though there may be nothing but spaces in it.
                return Clean(value, variable) is { } token ? (token, variable) : ReadTokenFile();
            }
        }

        return ReadTokenFile();
    }

    private (string? Token, string? Source) ReadTokenFile()
    {
        string path = Path.GetFullPath(Value("HF_TOKEN_PATH") is { } own ? Expand(own) : Path.Combine(Home, "token"));
        try
        {
            return File.Exists(path) && Clean(
                Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, LongestToken)),
                path) is { } token ? (token, path) : (null, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubDiagnostics.Configuration.Error(
                new SourceLocation(path),
                $"the token cannot be read: {exception.Message}; HF_HUB_DISABLE_IMPLICIT_TOKEN=1 does without it");
        }
    }

    private static string? Clean(string text, string source)
    {
        string token = text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)
            .Trim();
        return token.Length == 0 ? null
            : token.All(unit => unit is > ' ' and <= '~') ? token
            : throw HubDiagnostics.Configuration
                .Error(null, $"the token in {source} has a space or another character in it that a token cannot have");
    }

    private bool IsYes(string variable) => Yes.Contains(Value(variable)?.ToUpperInvariant());

    private string? Value(string variable) => environment(variable) is { Length: > 0 } value ? value : null;

    /// <summary>As Python's <c>expanduser</c> and <c>expandvars</c> do: what is not set stays as it is
    /// written.</summary>
    private string Expand(string path)
    {
        string atHome = path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            || (OperatingSystem.IsWindows() && path.StartsWith("~\\", StringComparison.Ordinal))
            ? UserFolder + path[1..]
            : path;
        return Variables().Replace(atHome, match => environment(match.Groups["name"].Value) ?? match.Value);
    }

    private string UserFolder => Value(OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME")
        ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    [GeneratedRegex(@"\$(?:(?<name>[A-Za-z0-9_]+)|\{(?<name>[^}]*)\})")]
    private static partial Regex Variables();
}
