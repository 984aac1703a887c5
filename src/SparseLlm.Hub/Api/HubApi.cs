using System.Text.Json;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Hub.Http;
using SparseLlm.Hub.Listing;

namespace SparseLlm.Hub.Api;

/// <summary>The routes of the hub's API that are needed here.</summary>
internal sealed partial class HubApi(HubOptions options, HubHttp http, HubFailures failures, Notices notices)
{
    // What a repository of many files is described by; nothing that a model needs gets near it.
    private const int LongestAnswer = 64 << 20;
    private const int MostPages = 1000;
    private const int ChunkLength = 1 << 16;

    /// <summary>The commit of an address' revision.</summary>
    public string Commit(HubAddress address, CancellationToken cancellation)
    {
        using JsonDocument answer = Get(
            address,
            null,
            Route(address, $"revision/{Uri.EscapeDataString(address.Revision)}"),
            cancellation).Document;
        return answer.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("sha", out JsonElement sha)
            && sha.ValueKind == JsonValueKind.String
            && sha.GetString() is { } commit
            && HubAddress.IsCommit(commit)
            ? commit
            : throw failures.Senseless(address, "it has no commit in it");
    }

    /// <summary>The files of a commit that an address names.</summary>
    public IReadOnlyList<HubFile> Files(HubAddress address, string commit, CancellationToken cancellation)
    {
        (string folder, bool isRecursive) = FileSelection.Folder(address);
        try
        {
            HubListing listing = Entries(address, commit, folder, isRecursive, cancellation);
            return address.Path is { } path && listing.Folders.Contains(path)
                ? throw FileSelection.IsFolder(address)
                : FileSelection.Of(address, listing.Files);
        }
        catch (DiagnosticException exception) when (folder.Length > 0
            && exception.Diagnostics is [{ Descriptor: var code }]
            && code == HubDiagnostics.FileNotFound)
        {
            throw MissingFolder(address, commit, folder, cancellation) ?? exception;
        }
    }

    /// <summary>What to say of a folder that is not there, by what there is in the one that should have it.</summary>
    private DiagnosticException? MissingFolder(
        HubAddress address,
        string commit,
        string folder,
        CancellationToken cancellation)
    {
        try
        {
            string parent = folder.Contains('/') ? folder[..folder.LastIndexOf('/')] : "";
            HubListing beside = Entries(address, commit, parent, isRecursive: false, cancellation);
            return beside.Folders.Contains(folder) ? null : FileSelection.Nothing(address, folder, beside.Folders);
        }
        catch (DiagnosticException exception) when (exception.Diagnostics is [{ Descriptor: var code }]
            && code == HubDiagnostics.FileNotFound)
        {
            return folder.Contains('/')
                ? MissingFolder(address, commit, folder[..folder.LastIndexOf('/')], cancellation)
                : null;
        }
    }

    private HubListing Entries(
        HubAddress address,
        string commit,
        string folder,
        bool isRecursive,
        CancellationToken cancellation)
    {
        var listing = new HubListing();
        Uri? page = Route(
            address,
            $"tree/{commit}{(folder.Length == 0 ? "" : $"/{Escaped(folder)}")}{(isRecursive ? "?recursive=true" : "")}");
        var seen = new HashSet<Uri>();
        while (page is not null)
        {
            if (!seen.Add(page) || seen.Count > MostPages)
            {
                throw failures.Senseless(address, "its list of files has no end");
            }

            (JsonDocument document, Uri? next) = Get(address, folder.Length == 0 ? null : folder, page, cancellation);
            using (document)
            {
                Understand(address, () => listing.AddPage(document.RootElement));
            }

            page = next;
        }

        return listing;
    }

    /// <summary>A path as a part of an address on the web.</summary>
    public static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private Uri Route(HubAddress address, string rest) =>
        new(
            options.Endpoint,
            $"api/{(address.Kind == RepositoryKind.Dataset ? "datasets" : "models")}/{address.Repository}/{rest}");

    private (JsonDocument Document, Uri? Next) Get(
        HubAddress address,
        string? path,
        Uri route,
        CancellationToken cancellation)
    {
        try
        {
            return http.TryAsync(async watch =>
            {
                using HubAnswer answer = await http.GetAsync(route, null, watch.Token);
                if (RenamedRepository.Of(options.Endpoint, address, answer.Visited) is { } now)
                {
                    notices.Renamed(address, now);
                }

                byte[] bytes = await ReadAsync(answer, watch);
                return (ForeignJson.Parse(bytes), Next(route, answer));
            }, cancellation).GetAwaiter().GetResult();
        }
        catch (HttpRequestException exception)
        {
            throw failures.Of(address, path, exception);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            throw failures.Senseless(
                address,
                exception is JsonException ? "it is not JSON" : exception.Message,
                exception);
        }
    }

    private static async Task<byte[]> ReadAsync(HubAnswer answer, StallWatch watch)
    {
        watch.Begin();
        await using Stream body = await answer.Response.Content.ReadAsStreamAsync(watch.Token);
        using var text = new MemoryStream();
        byte[] buffer = new byte[ChunkLength];
        while (await body.ReadAsync(buffer, watch.Token) is > 0 and int count)
        {
            watch.Passed(count);
            text.Write(buffer, 0, count);
            if (text.Length > LongestAnswer)
            {
                throw new InvalidDataException(
                    FormattableString.Invariant($"it has more than {LongestAnswer >> 20} MiB"));
            }
        }

        return text.ToArray();
    }

    /// <summary>The next page: the same route with what the link asks for. A mirror may pass on links to the hub that
    /// it mirrors, and nobody else is asked as who we are.</summary>
    private static Uri? Next(Uri route, HubAnswer answer)
    {
        if (!answer.Response.Headers.TryGetValues("Link", out IEnumerable<string>? links)
            || links.Select(link => NextLinks().Match(link)).FirstOrDefault(match => match.Success) is not { } found)
        {
            return null;
        }

        return Uri.TryCreate(route, found.Groups[1].Value, out Uri? next)
            ? new UriBuilder(route) { Query = next.Query }.Uri
            : throw new InvalidDataException("its list of files goes on at an address that is none");
    }

    private void Understand(HubAddress address, Action read)
    {
        try
        {
            read();
        }
        catch (InvalidDataException exception)
        {
            throw failures.Senseless(address, exception.Message, exception);
        }
    }

    [GeneratedRegex("<([^>]*)>\\s*;[^,]*\\brel=\"?next\"?")]
    private static partial Regex NextLinks();
}
