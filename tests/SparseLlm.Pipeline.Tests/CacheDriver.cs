using System.Diagnostics;
using System.Globalization;
using SparseLlm.Pipeline.Cache;

namespace SparseLlm.Pipeline.Tests;

/// <summary>This assembly as a program: processes that use a cache, for tests to kill or to set against each
/// other.</summary>
internal static class CacheDriver
{
    /// <summary>Starts the program.</summary>
    public static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(CacheDriver).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    private static int Main(string[] arguments)
    {
        BuildCache cache = BuildCache.Open(arguments[1], diagnostic => Console.WriteLine(diagnostic));
        return arguments[0] switch
        {
            "put" => PutForever(cache, arguments[2], int.Parse(arguments[3], CultureInfo.InvariantCulture)),
            "compute" => ComputeOnce(cache, arguments[2], arguments[3]),
            "hold" => Hold(cache, arguments[2]),
            _ => 1,
        };
    }

    /// <summary>Stores entry after entry until it is killed.</summary>
    private static int PutForever(BuildCache cache, string directory, int first)
    {
        byte[] bytes = new byte[3_000_000];
        string file = Path.Combine(directory, $"{Environment.ProcessId}.bin");
        for (int i = first; ; i++)
        {
            if (i == first + 1)
            {
                Console.WriteLine("warm");
            }

            BitConverter.TryWriteBytes(bytes, i).ShouldBeTrue();
            File.WriteAllBytes(file, bytes);
            cache.Put(
                CacheTest.Key($"put {i}"),
                "test",
                $"number {i}",
                [("a/file", file), ("copy", file)],
                new { Number = i });
        }
    }

    /// <summary>Does what every step does: under a lock, takes what is there, or works and stores it. Each piece of
    /// work leaves a line.</summary>
    private static int ComputeOnce(BuildCache cache, string directory, string name)
    {
        string key = CacheTest.Key(name);
        using IDisposable hold = cache.Lock(key, CancellationToken.None);
        if (cache.TryGet(key) is { } entry)
        {
            return cache.TryRead(entry, "file", CacheTest.ReadAll)!.Length == 0 ? 1 : 0;
        }

        string file = Path.Combine(directory, $"{Environment.ProcessId}.bin");
        File.WriteAllBytes(file, new byte[100_000]);
        cache.Put(key, "test", "computed", [("file", file)], null);
        Console.WriteLine("computed");
        return 0;
    }

    /// <summary>Holds a lock until it is killed.</summary>
    private static int Hold(BuildCache cache, string name)
    {
        using IDisposable hold = cache.Lock(CacheTest.Key(name), CancellationToken.None);
        Console.WriteLine("held");
        Console.ReadLine();
        return 0;
    }
}
