using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SparseLlm.Tests;

/// <summary>nginx as a remote cache, as docs/cache.md sets it up, on a port of its own.</summary>
internal sealed class CacheRemoteServer : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly Process process;

    /// <summary>Starts the server.</summary>
    /// <param name="protection">Directives that demand credentials; <c>USERS</c> stands for the path of a password
    /// file.</param>
    public CacheRemoteServer(string protection = "")
    {
        Skip.If(Path is null, "nginx is not installed");
        int port = FreePort();
        Address = new Uri($"http://127.0.0.1:{port}/cache");
        Directory.CreateDirectory(Data);
        File.WriteAllText(directory["users"], "builder:{PLAIN}open sesame\n");
        File.WriteAllText(
            directory["nginx.conf"],
            Configuration(port, protection.Replace("USERS", directory["users"])));
        process = Process.Start(new ProcessStartInfo(
            Path!,
            ["-p", directory.Path, "-c", directory["nginx.conf"], "-e", directory["error.log"]]))!;
        WaitForConnections(port);
    }

    /// <summary>What SPARSELLM_REMOTE_CACHE would say.</summary>
    public Uri Address { get; }

    /// <summary>Where the server keeps its files.</summary>
    public string Data => directory["data"];

    /// <summary>Method, path and status of every request.</summary>
    public string[] Requests => File.ReadAllLines(directory["access.log"]);

    private static string? Path { get; }
        = ((string[])["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"]).FirstOrDefault(File.Exists);

    /// <summary>The file that the server gives for a path.</summary>
    public string FileOf(string path) => System.IO.Path.Combine(Data, "cache", path);

    private string Configuration(int port, string protection) => $$"""
        daemon off;
        master_process off;
        pid {{directory["nginx.pid"]}};
        events { }
        http {
          log_format short '$request_method $uri $status';
          access_log {{directory["access.log"]}} short;
          client_body_temp_path {{directory["body"]}};
          proxy_temp_path {{directory["proxy"]}};
          fastcgi_temp_path {{directory["fastcgi"]}};
          uwsgi_temp_path {{directory["uwsgi"]}};
          scgi_temp_path {{directory["scgi"]}};
          client_max_body_size 0;
          server {
            listen 127.0.0.1:{{port}};
            root {{Data}};
            {{protection}}
            location /cache/ {
              dav_methods PUT;
              create_full_put_path on;
            }
          }
        }
        """;

    private void WaitForConnections(int port)
    {
        for (int attempt = 0; attempt < 500; attempt++)
        {
            try
            {
                process.HasExited.ShouldBeFalse();
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(20);
            }
        }

        throw new InvalidOperationException("nginx does not accept connections");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Takes the server away.</summary>
    public void Stop()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        Stop();
        process.Dispose();
        directory.Dispose();
    }
}
