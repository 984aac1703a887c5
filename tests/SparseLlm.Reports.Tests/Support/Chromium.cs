using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SparseLlm.Reports.Tests.Support;

/// <summary>A headless Chromium, told what to do over its DevTools protocol.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly TempDirectory profile = new();
    private readonly ClientWebSocket socket = new();
    private readonly List<string> complaints = [];
    private Process? process;
    private int lastId;

    /// <summary>What the pages since the last look complained of: errors of scripts, loading, policy.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    private static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public static void SkipUnlessInstalled() => Skip.If(Program is null, "there is no chromium to show the page in");

    public async Task InitializeAsync()
    {
        if (Program is null)
        {
            return;
        }

        // The sandbox does not work for root, nor in most containers; the pages are our own.
        process = Process.Start(new ProcessStartInfo(
            Program,
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--no-first-run", "--remote-debugging-port=0", $"--user-data-dir={profile["profile"]}", "about:blank"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync();
        string? address = null;
        while (address is null && await process.StandardError.ReadLineAsync() is { } line)
        {
            address = line.StartsWith("DevTools listening on ", StringComparison.Ordinal)
                ? line["DevTools listening on ".Length..]
                : null;
        }

        _ = process.StandardError.ReadToEndAsync();
        using var http = new HttpClient();
        string targets = await http.GetStringAsync($"http://{new Uri(address!).Authority}/json/list");
        string page = JsonNode.Parse(targets)!.AsArray()
            .First(target => (string?)target!["type"] == "page")!["webSocketDebuggerUrl"]!.GetValue<string>();
        await socket.ConnectAsync(new Uri(page), CancellationToken.None);
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await Send(domain + ".enable");
        }
    }

    /// <summary>Shows a page in a window of a size, in a theme, and waits until it is there.</summary>
    public async Task Show(string path, int width, string theme)
    {
        complaints.Clear();
        await Send(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject
            {
                ["width"] = width,
                ["height"] = 900,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = width < 600
            });
        await Send("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = theme }),
        });
        await Send("Page.navigate", new JsonObject { ["url"] = new Uri(path).AbsoluteUri });
        while (await Evaluate("document.readyState + ' ' + location.protocol") != "complete file:")
        {
            await Task.Delay(20);
        }
    }

    /// <summary>The value of an expression in the page, as text.</summary>
    public async Task<string> Evaluate(string expression)
    {
        JsonNode result = await Send(
            "Runtime.evaluate",
            new JsonObject { ["expression"] = $"String({expression})", ["returnByValue"] = true });
        return result["result"]!["value"]!.GetValue<string>();
    }

    /// <summary>The whole page as a picture.</summary>
    public async Task<byte[]> Picture()
    {
        JsonNode result = await Send("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true });
        return Convert.FromBase64String(result["data"]!.GetValue<string>());
    }

    public async Task DisposeAsync()
    {
        if (process is not null)
        {
            socket.Dispose();
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        profile.Dispose();
    }

    private async Task<JsonNode> Send(string method, JsonObject? parameters = null)
    {
        int id = ++lastId;
        await socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] }),
            WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        while (true)
        {
            JsonNode message = await Receive();
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? throw new InvalidOperationException(message.ToJsonString());
            }

            Listen(message);
        }
    }

    private void Listen(JsonNode message)
    {
        switch ((string?)message["method"])
        {
            case "Runtime.exceptionThrown" or "Runtime.consoleAPICalled" or "Log.entryAdded" or "Network.loadingFailed":
                complaints.Add(message.ToJsonString());
                break;
            case "Network.requestWillBeSent" when (string?)message["params"]!["request"]!["url"] is { } url
                && !url.StartsWith("file:")
                && !url.StartsWith("data:"):
                complaints.Add("asked for " + url);
                break;
        }
    }

    private async Task<JsonNode> Receive()
    {
        using var message = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, CancellationToken.None);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
