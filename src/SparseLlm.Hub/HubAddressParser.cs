using System.Text.RegularExpressions;

namespace SparseLlm.Hub;

/// <summary>Reads addresses, and knows what those have meant who write something else.</summary>
internal static partial class HubAddressParser
{
    private const int LongestAddress = 2000;
    private const int LongestName = 96;
    private const string Form
        = "a model is written hf://owner/name, and files of a data set hf://datasets/owner/name/path";

    private static readonly string[] Hosts = ["huggingface.co", "www.huggingface.co", "hf.co"];

    /// <summary>The pages that show a revision, or a file in it.</summary>
    private static readonly string[] Views = ["tree", "blob", "resolve", "raw", "blame"];

    /// <inheritdoc cref="HubAddress.TryParse(string, out string)"/>
    public static HubAddress? TryParse(string text, out string problem)
    {
        try
        {
            problem = "";
            return Parse(text);
        }
        catch (FormatException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <inheritdoc cref="HubAddress.OfPage"/>
    public static HubAddress? OfPage(string text)
    {
        string rest = SchemesOfPages().Replace(text, "", 1);
        if (Hosts.FirstOrDefault(
            host => rest.StartsWith(host + "/", StringComparison.OrdinalIgnoreCase)) is not { } found)
        {
            return null;
        }

        string[] parts = rest[found.Length..].Split('?', '#')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool isDataset = parts is ["datasets", ..];
        return (isDataset ? parts[1..] : parts) switch
        {
            [var owner, var name] => Of(owner, name, "", []),
            [var owner, var name, var view, .. var behind] when Views.Contains(view) => Of(
                owner,
                name,
                behind.FirstOrDefault() is { } revision ? $"@{revision}" : "",
                behind.Skip(1)),
            _ => null,
        };

        // A page of a model's file is one of the model; that of a data set may show no file, which an address has to
        // name.
        HubAddress? Of(string owner, string name, string at, IEnumerable<string> path) => TryParse(
            isDataset
                ? $"{HubAddress.Scheme}{HubAddress.DatasetsPrefix}{owner}/{name}{at}/"
                    + string.Join('/', path.Select(Uri.UnescapeDataString).DefaultIfEmpty("**"))
                : $"{HubAddress.Scheme}{owner}/{name}{at}",
            out _);
    }

    /// <summary>Whether a revision is one of the references that have slashes and are written with them.</summary>
    public static bool IsReference(string revision) => References().Match(revision).Length == revision.Length;

    private static HubAddress Parse(string text)
    {
        if (!HubAddress.IsOne(text))
        {
            throw new FormatException(OfPage(text) is { } page
                ? $"this is a page of the hub; write {page}"
                : $"an address on the hub begins with hf://: {Form}");
        }

        string body = text[HubAddress.Scheme.Length..];
        if (OfPage(body) is { } pasted)
        {
            throw new FormatException($"this is a page of the hub behind hf://; write {pasted}");
        }

        Require(text.Length <= LongestAddress, "the address is too long");
        Require(body.Length > 0, $"nothing follows hf://; {Form}");
        Require(
            !body.Any(unit => char.IsControl(unit) || unit == '\\'),
            "there is a backslash or a control character in it");
        Require(
            body.StartsWith(HubAddress.DatasetsPrefix, StringComparison.Ordinal) || !body.Contains(' '),
            "there is a space in it");
        Require(!body.Split('/').Any(part => part.Length == 0), $"there is a slash too many in it; {Form}");
        return body.Split('/')[0] switch
        {
            "datasets" => Dataset(body),
            "spaces" or "kernels" or "buckets" => throw new FormatException(
                $"a pruning reads models and data sets of the hub, and nothing from its {body.Split('/')[0]}"),
            "models" => throw new FormatException(
                $"leave 'models/' out: {HubAddress.Scheme}{string.Join('/', body.Split('/')[1..])}"),
            "dataset" => throw new FormatException(
                $"data sets are written with an s: "
                + $"{HubAddress.Scheme}datasets/{string.Join('/', body.Split('/')[1..])}"),
            _ => Model(body),
        };
    }

    private static HubAddress Model(string body)
    {
        (string repository, string? revision, string? path) = Split(body);
        var address = new HubAddress(RepositoryKind.Model, Name(repository), Revision(revision), null);
        if (path is not null)
        {
            throw new FormatException(
                $"it names '{path}' in a model, and a model is its whole repository: write {address}"
                + (revision is null
                    ? ""
                    : $", or, if '{revision}/{path}' is a branch, {address with { Revision = $"{revision}/{path}" }}"));
        }

        return address;
    }

    private static HubAddress Dataset(string body)
    {
        string rest = body[Math.Min(body.Length, HubAddress.DatasetsPrefix.Length)..];
        Require(rest.Length > 0, $"no data set is named; {Form}");
        (string repository, string? revision, string? path) = Split(rest);

        // Where no revision stands behind the name, one may stand behind the path.
        if (revision is null && path?.LastIndexOf('@') is >= 0 and int at)
        {
            (path, revision) = (path[..at], path[(at + 1)..]);
        }

        Require(
            !string.IsNullOrEmpty(path),
            $"it names no file of the data set; write which, such as {HubAddress.Scheme}{HubAddress.DatasetsPrefix}"
            + $"{repository}{(repository.Contains('/') ? "" : "@main")}/data/train.jsonl, with * and ** for several");
        Require(
            path!.Split('/').All(part => part is not ("" or "." or "..")),
            $"'{path}' is not a path of a file in a repository");
        return new HubAddress(RepositoryKind.Dataset, Name(repository), Revision(revision), path);
    }

    /// <summary>Repository, revision and path, each as it is written: <c>@</c> belongs to the repository up to its
    /// second slash.</summary>
    private static (string Repository, string? Revision, string? Path) Split(string body)
    {
        string[] parts = body.Split('/', 3);
        int at = string.Join('/', parts.Take(2)).IndexOf('@');
        if (at < 0)
        {
            return (string.Join('/', parts.Take(2)), null, parts.ElementAtOrDefault(2));
        }

        string behind = body[(at + 1)..];
        int end = References().Match(behind) is { Success: true } reference
            && (reference.Length == behind.Length || behind[reference.Length] == '/')
            ? reference.Length
            : behind.IndexOf('/') is >= 0 and int slash ? slash : behind.Length;
        return (body[..at], behind[..end], end < behind.Length ? behind[(end + 1)..] : null);
    }

    private static string Name(string repository)
    {
        foreach (string part in repository.Split('/'))
        {
            Require(
                Names().IsMatch(part) && part.Length <= LongestName,
                $"'{part}' is not a name on the hub: those have letters, digits, '-', '_' and '.', with neither '-' "
                + $"nor '.' at an end, and at most {LongestName} of "
                + $"them{(part.Contains(':') ? "; a revision is written behind '@'" : "")}");
            Require(
                !part.Contains("--", StringComparison.Ordinal) && !part.Contains("..", StringComparison.Ordinal),
                $"'{part}' is not a name on the hub, where none has '--' or '..' in it");
        }

        Require(
            !repository.EndsWith(".git", StringComparison.Ordinal),
            $"leave '.git' out: {repository[..^Math.Min(4, repository.Length)]}");
        return repository;
    }

    private static string Revision(string? written)
    {
        if (written is null)
        {
            return HubAddress.MainRevision;
        }

        string revision = written.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        Require(revision.Length > 0, "nothing follows '@'; write a branch, a tag or a commit, or leave '@' out");
        Require(
            Revisions().IsMatch(revision) && revision.Split('/').All(part => part is not ("" or "." or ".."))
                && !revision.Contains("..", StringComparison.Ordinal),
            $"'{revision}' is not the name of a branch, a tag or a commit");
        return revision;
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new FormatException(problem);
        }
    }

    [GeneratedRegex("^(?:https?:)?(?://)?", RegexOptions.IgnoreCase)]
    private static partial Regex SchemesOfPages();

    [GeneratedRegex(@"^refs/(?:convert/[A-Za-z0-9_.-]+|pr/[0-9]+)")]
    private static partial Regex References();

    [GeneratedRegex(@"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\z")]
    private static partial Regex Names();

    // What a file system and git allow, and no wildcards: a revision becomes a file in the cache.
    [GeneratedRegex(@"^[A-Za-z0-9_.+=,#!&()][A-Za-z0-9_.+=,#!&()/-]*\z")]
    private static partial Regex Revisions();
}
