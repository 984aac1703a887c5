using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SparseLlm.Tests;

/// <summary>
/// A hub in this process, with the routes that tools use to read models and data sets: what a revision is, the files of
/// a commit in pages, and the files themselves, which it sends to another port for if they are large. It can be as
/// unfriendly as a network is.
/// </summary>
internal sealed partial class HubServer : IDisposable
{
    private readonly TcpListener hub = new(IPAddress.Loopback, 0);
    private readonly TcpListener cdn = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly List<HubServerRequest> requests = [];
    private readonly List<HubServerRepository> repositories = [];

    public HubServer()
    {
        hub.Start();
        cdn.Start();
        Endpoint = AddressOf(hub);
        Cdn = AddressOf(cdn);
        _ = AcceptAsync(hub);
        _ = AcceptAsync(cdn);
    }

    /// <summary>What HF_ENDPOINT would say.</summary>
    public Uri Endpoint { get; }

    /// <summary>Where it keeps large files.</summary>
    public Uri Cdn { get; }

    /// <summary>The only token that it knows.</summary>
    public string Token { get; set; } = "hf_known";

    /// <summary>Whether whoever has the token has accepted the terms of gated repositories.</summary>
    public bool HasAccepted { get; set; } = true;

    /// <summary>Whether a part may be asked for.</summary>
    public bool ServesParts { get; set; } = true;

    /// <summary>Files on a page of a list.</summary>
    public int PageLength { get; set; } = 1000;

    /// <summary>Done before a request is answered.</summary>
    public Func<HubServerRequest, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What is answered in place of what would be, head and body; null for what would be.</summary>
    public Func<HubServerRequest, string?> Script { get; set; } = _ => null;

    /// <summary>Bytes of the body, of so many, after which the connection is cut; null if it is not.</summary>
    public Func<HubServerRequest, long, long?> Cut { get; set; } = (_, _) => null;

    /// <summary>What is sent in place of a file.</summary>
    public Func<HubServerRequest, byte[], byte[]> Tamper { get; set; } = (_, content) => content;

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<HubServerRequest> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>Forgets what was asked.</summary>
    public void ClearRequests()
    {
        lock (requests)
        {
            requests.Clear();
        }
    }

    /// <summary>Adds a model with the files of a folder on main.</summary>
    public HubServerRepository AddModel(string name, string? folder = null) => Add(name, isDataset: false, folder);

    /// <summary>Adds a data set with the files of a folder on main.</summary>
    public HubServerRepository AddDataset(string name, string? folder = null) => Add(name, isDataset: true, folder);

    public void Dispose()
    {
        stop.Cancel();
        hub.Dispose();
        cdn.Dispose();
    }

    private HubServerRepository Add(string name, bool isDataset, string? folder)
    {
        var repository = new HubServerRepository(name, isDataset);
        if (folder is not null)
        {
            repository.Push(folder);
        }

        repositories.Add(repository);
        return repository;
    }

    private static Uri AddressOf(TcpListener listener)
        => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token), ReferenceEquals(listener, cdn));
            }
        }
        catch (Exception exception)
            when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client, bool isCdn)
    {
        using (client)
        {
            try
            {
                await using NetworkStream stream = client.GetStream();
                if (await ReadAsync(stream, isCdn) is not { } request)
                {
                    return;
                }

                lock (requests)
                {
                    requests.Add(request);
                }

                await Before(request);
                await SendAsync(
                    client,
                    stream,
                    request,
                    Script(request) is { } text ? Answer.Raw(text) : isCdn ? OfCdn(request) : OfHub(request));
            }
            catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
                or OperationCanceledException)
            {
                // The client has had enough.
            }
        }
    }

    private async Task<HubServerRequest?> ReadAsync(NetworkStream stream, bool isCdn)
    {
        var head = new StringBuilder();
        byte[] unit = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(unit, stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)unit[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        return new HubServerRequest(isCdn, first[0], first[1], lines[1..].Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase));
    }

    private async Task SendAsync(TcpClient client, NetworkStream stream, HubServerRequest request, Answer answer)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer.Head), stop.Token);
        if (request.Method == "HEAD")
        {
            return;
        }

        long? cut = Cut(request, answer.Body.Length);
        await stream.WriteAsync(
            answer.Body.AsMemory(0, (int)Math.Min(cut ?? long.MaxValue, answer.Body.Length)),
            stop.Token);
        if (cut is null)
        {
            client.Client.Shutdown(SocketShutdown.Send);

            // Who closes first, while the other is sending, may take what was sent along.
            while (await stream.ReadAsync(new byte[1], stop.Token) > 0)
            {
            }
        }
    }

    private Answer OfCdn(HubServerRequest request)
    {
        string id = request.Path.Split('/')[^1];
        byte[]? content = repositories.SelectMany(repository => repository.Commits.Values)
            .SelectMany(files => files.Values)
            .FirstOrDefault(file => file.Id == id)?
            .Content;
        return content is null ? Answer.Of(403, "AccessDenied") : File(request, content, ("ETag", $"\"{id[..8]}-2\""));
    }

    private Answer OfHub(HubServerRequest request)
    {
        string? token = request.Headers.GetValueOrDefault("Authorization");
        if (token is not null && token != $"Bearer {Token}")
        {
            return Answer.Of(401, "{}", ("X-Error-Message", "Invalid credentials in Authorization header"));
        }

        bool isKnown = token is not null;
        Match route = Routes().Match(request.Path);
        string name = Uri.UnescapeDataString(route.Groups["name"].Value);
        bool isDataset = request.Path.StartsWith("/datasets/", StringComparison.Ordinal) || request.Path.Contains(
            "/datasets/",
            StringComparison.Ordinal) && request.Path.StartsWith("/api/", StringComparison.Ordinal);
        HubServerRepository? repository = repositories.FirstOrDefault(repository => repository.IsDataset == isDataset
            && (repository.Name == name || repository.OldNames.Contains(name)));
        if (!route.Success || repository is null || (repository.IsPrivate && !isKnown))
        {
            return Answer.Of(
                isKnown ? 404 : 401,
                """{"error":"Repository not found"}""",
                ("X-Error-Code", "RepoNotFound"),
                ("X-Error-Message", "Repository not found"));
        }

        if (repository.Name != name)
        {
            return Answer.Of(307, "", ("Location", request.Target.Replace($"/{name}/", $"/{repository.Name}/")));
        }

        string revision = Uri.UnescapeDataString(route.Groups["revision"].Value);
        string commit = repository.Refs.GetValueOrDefault(revision, revision);
        if (!repository.Commits.TryGetValue(commit, out IReadOnlyDictionary<string, HubServerFile>? files))
        {
            return Answer.Of(
                404,
                "{}",
                ("X-Error-Code", "RevisionNotFound"),
                ("X-Error-Message", $"Invalid rev id: {revision}"));
        }

        string path = Uri.UnescapeDataString(route.Groups["path"].Value);
        return route.Groups["verb"].Value switch
        {
            "revision" => Answer.Json(
                JsonSerializer.Serialize(new
                {
                    id = repository.Name,
                    sha = commit,
                    @private = repository.IsPrivate,
                    gated = repository.IsGated,
                    siblings = files.Keys.Select(file => new { rfilename = file })
                })),
            "tree" => Tree(request, files, path),
            _ => Resolve(request, repository, commit, files, path, isKnown),
        };
    }

    private Answer Tree(HubServerRequest request, IReadOnlyDictionary<string, HubServerFile> files, string folder)
    {
        string prefix = folder.Length == 0 ? "" : folder + "/";
        string[] below = [.. files.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        if (below.Length == 0)
        {
            return Answer.Of(
                404,
                "{}",
                ("X-Error-Code", "EntryNotFound"),
                ("X-Error-Message", $"{folder} does not exist"));
        }

        bool isRecursive = request.Query.Contains("recursive=true", StringComparison.Ordinal);
        string[] folders = [.. below.SelectMany(path => Folders(path[prefix.Length..])).Distinct()
            .Where(name => isRecursive || !name.Contains('/'))];
        object[] entries = [
            .. folders.Select(
                name => (object)new { type = "directory", oid = new string('0', 40), size = 0, path = prefix + name }),
            .. below.Where(path => isRecursive || !path[prefix.Length..].Contains('/'))
                .Select(path => files[path].Entry(path)),
        ];
        int cursor = Cursors().Match(request.Query) is { Success: true } found
            ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : 0;
        (string, string)[] link = cursor + PageLength < entries.Length
            ? [("Link", $"<{Endpoint.ToString().TrimEnd('/')}{request.Path}?{(isRecursive ? "recursive=true&" : "")}cursor={cursor + PageLength}>; rel=\"next\"")]
            : [];
        return Answer.Json(JsonSerializer.Serialize(entries.Skip(cursor).Take(PageLength)), link);
    }

    private static IEnumerable<string> Folders(string path)
    {
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }

    private Answer Resolve(
        HubServerRequest request,
        HubServerRepository repository,
        string commit,
        IReadOnlyDictionary<string, HubServerFile> files,
        string path,
        bool isKnown)
    {
        if (repository.IsGated && !(isKnown && HasAccepted))
        {
            return Answer.Of(
                isKnown ? 403 : 401,
                "",
                ("X-Error-Code", "GatedRepo"),
                ("X-Error-Message", $"Access to model {repository.Name} is restricted."));
        }

        if (!files.TryGetValue(path, out HubServerFile? file))
        {
            return Answer.Of(
                404,
                "Entry not found",
                ("X-Error-Code", "EntryNotFound"),
                ("X-Error-Message", "Entry not found"),
                ("X-Repo-Commit", commit));
        }

        (string, string) repo = ("X-Repo-Commit", commit);
        return file.IsLarge
            ? Answer.Of(
                302,
                "",
                ("Location", $"{Cdn}repos/{file.Id}?signature=abc"),
                ("X-Linked-Etag", $"\"{file.Id}\""),
                ("X-Linked-Size", file.Content.Length.ToString(CultureInfo.InvariantCulture)),
                repo)
            : request.Path.StartsWith("/api/", StringComparison.Ordinal)
                ? File(request, file.Content, ("ETag", $"\"{file.Id}\""), repo)
                : Answer.Of(307, "",
                    ("Location", $"/api/resolve-cache/{(repository.IsDataset ? "datasets" : "models")}/{repository.Name}/{commit}/{Uri.EscapeDataString(path)}?etag=%22{file.Id}%22"), ("X-Linked-Etag", $"\"{file.Id}\""), ("X-Linked-Size", file.Content.Length.ToString(CultureInfo.InvariantCulture)), repo);
    }

    private Answer File(HubServerRequest request, byte[] content, params (string, string)[] headers)
    {
        byte[] sent = Tamper(request, content);
        (string Name, string Value)[] all = [.. headers, ("Accept-Ranges", "bytes")];
        if (!ServesParts || !request.Headers.TryGetValue("Range", out string? range)
            || Parts().Match(range) is not { Success: true } part)
        {
            return Answer.Of(200, sent, all);
        }

        long from = long.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture);
        long to = part.Groups[2].Length == 0
            ? sent.Length - 1
            : Math.Min(sent.Length - 1, long.Parse(part.Groups[2].Value, CultureInfo.InvariantCulture));
        return from > to
            ? Answer.Of(416, "", ("Content-Range", $"bytes */{sent.Length}"))
            : Answer.Of(
                206,
                sent[(int)from..(int)(to + 1)],
                [.. all, ("Content-Range", $"bytes {from}-{to}/{sent.Length}")]);
    }

    private sealed record Answer(string Head, byte[] Body)
    {
        public static Answer Raw(string text) => new(text, []);

        public static Answer Json(string body, params (string, string)[] headers)
            => Of(200, body, [.. headers, ("Content-Type", "application/json; charset=utf-8")]);

        public static Answer Of(int status, string body, params (string, string)[] headers)
            => Of(status, Encoding.UTF8.GetBytes(body), headers);

        public static Answer Of(int status, byte[] body, params (string Name, string Value)[] headers) => new(
            $"HTTP/1.1 {status} Status\r\n{string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"))}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n", body);
    }

    [GeneratedRegex("^(?:/api/(?:models|datasets)/(?<name>.+?)/(?<verb>revision|tree)/(?<revision>[^/]+)(?:/(?<path>.*))?|/api/(?<verb>resolve)-cache/(?:models|datasets)/(?<name>.+?)/(?<revision>[0-9a-f]{40})/(?<path>.+)|(?:/datasets)?/(?<name>.+?)/(?<verb>resolve)/(?<revision>[^/]+)/(?<path>.+))\\z")]
    private static partial Regex Routes();

    [GeneratedRegex("cursor=([0-9]+)")]
    private static partial Regex Cursors();

    [GeneratedRegex("^bytes=([0-9]+)-([0-9]*)\\z")]
    private static partial Regex Parts();
}
