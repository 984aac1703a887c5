using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Tests;

/// <summary>The folder that is named as the cache may be anyone's, and so may what lies in it: nothing is deleted,
/// changed or waited for that the cache has not made.</summary>
public sealed class CacheOwners : CacheTest
{
    private const string Signature = "Signature: 8a477f597d28d172789f06886806bc55\n";

    // Far more than anything here takes: what is waited for without end becomes a failure.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static TheoryData<string, string> ForeignFiles => new()
    {
        { "thesis.doc", "precious" },
        { "tmp/work.tmp", "precious" },
        { "tmp/.0123456789abcdef0123456789abcdef.tmp", "precious" },
        { $"digests/{Key("a")}", "precious" },
        { $"locks/{Key("a")}", "precious" },
        { $"cas/{Key("a")}", "precious" },
        { $"ac/{Key("a")}", "" },
        { ".git/config", "precious" },
        { "CACHEDIR.TAG", "" },
        { "CACHEDIR.TAG", Signature },
        { "CACHEDIR.TAG", Signature + "# This file is a cache directory tag created by another tool.\n" },
        { "CACHEDIR.TAG", "# This folder is a cache of dotnet sparsellm.\n" },
    };

    [Theory]
    [MemberData(nameof(ForeignFiles))]
    public void A_folder_with_anything_in_it_and_no_mark_of_the_cache_is_refused_by_name(string file, string content)
    {
        Write(file, content);
        Diagnostic error = Should.Throw<DiagnosticException>(() => Open()).Diagnostics.Single();
        (error.Code, error.Location!.File).ShouldBe(("SLM4027", Root));
        error.Message.ShouldContain("--cache");
        File.ReadAllText(Path.Combine(Root, file)).ShouldBe(content);
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_file_is_no_cache()
    {
        File.WriteAllText(Root, "precious");
        Should.Throw<DiagnosticException>(() => Open()).Diagnostics.Single().Code.ShouldBe("SLM4027");
        File.ReadAllText(Root).ShouldBe("precious");
    }

    [Fact]
    public void An_empty_folder_can_become_a_cache()
    {
        Directory.CreateDirectory(Root);
        Put(Open(), "a", WriteFile("file", 10));
        Open().TryGet(Key("a")).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_folder_that_another_process_makes_a_cache_of_at_this_moment_is_one()
    {
        Write(".0123456789abcdef0123456789abcdef.tmp", "");
        Put(Open(), "a", WriteFile("file", 10));
        Open().TryGet(Key("a")).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_left_by_a_process_that_was_killed_while_it_began_a_cache_is_cleared_away()
    {
        Write(".0123456789abcdef0123456789abcdef.tmp", "");
        Open();
        Directory.EnumerateFileSystemEntries(Root).ShouldBeEmpty();
    }

    [Fact]
    public void A_lock_and_a_digest_are_enough_for_a_folder_to_be_marked()
    {
        Open().Lock(Key("a"), CancellationToken.None).Dispose();
        FilesIn("").Select(Path.GetFileName).ShouldBe(["CACHEDIR.TAG"]);
        Open(Temp["other"]).Digests.Of(OldFile("file"));
        File.Exists(Path.Combine(Temp["other"], "CACHEDIR.TAG")).ShouldBeTrue();
    }

    [Fact]
    public void A_cache_of_the_version_before_goes_on_working()
    {
        Put(Open(), "a", WriteFile("file", 10));
        Write(
            "CACHEDIR.TAG",
            Signature + "# This folder can be deleted at any time: everything in it can be computed again.\n");
        Open().TryGet(Key("a")).ShouldNotBeNull();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void What_the_version_before_left_without_a_mark_is_a_cache_too()
    {
        string file = OldFile("file");
        string digest = Open().Digests.Of(file);
        Open().Lock(Key("a"), CancellationToken.None).Dispose();
        File.Delete(Path.Combine(Root, "CACHEDIR.TAG"));
        foreach (string folder in (string[])["ac", "cas", "pins", "runs", "tmp"])
        {
            Directory.Delete(Path.Combine(Root, folder));
        }

        Open().Digests.Of(file).ShouldBe(digest);
        File.Exists(Path.Combine(Root, "CACHEDIR.TAG")).ShouldBeTrue();
        FilesIn("digests").ShouldHaveSingleItem();
    }

    [SkippableFact]
    public void The_folder_itself_may_be_named_by_a_link()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        Put(Open(), "a", WriteFile("file", 10));
        Directory.CreateSymbolicLink(Temp["link"], Root);
        Open(Temp["link"]).TryGet(Key("a")).ShouldNotBeNull();
        CacheCollection.Plan(Open(Temp["link"]), 0).Execute().ShouldBeEmpty();
        Open().TryGet(Key("a")).ShouldBeNull();
    }

    [SkippableTheory]
    [InlineData("ac")]
    [InlineData("cas")]
    [InlineData("digests")]
    [InlineData("locks")]
    [InlineData("pins")]
    [InlineData("tmp")]
    public void A_cache_with_a_link_for_a_folder_is_refused_by_name(string folder)
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        Put(Open(), "a", WriteFile("file", 10));
        string victim = Path.Combine(Directory.CreateDirectory(Temp["victim"]).FullName, Key("victim"));
        File.WriteAllText(victim, "precious");
        File.SetLastWriteTimeUtc(victim, DateTime.UtcNow.AddDays(-9));
        Directory.Delete(Path.Combine(Root, folder), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(Root, folder), Temp["victim"]);
        Should.Throw<DiagnosticException>(() => Open()).Diagnostics.Single().Message
            .ShouldContain($"'{folder}' in it is a link to {Temp["victim"]}");
        File.ReadAllText(victim).ShouldBe("precious");
    }

    [SkippableTheory]
    [InlineData("link")]
    [InlineData("dangling")]
    [InlineData("pipe")]
    [InlineData("folder")]
    [InlineData("zero")]
    [InlineData("other")]
    public async Task Whatever_lies_in_the_folders_of_a_cache_is_left_alone_and_stops_nothing(string what)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "There are no such files elsewhere.");
        string file = OldFile("file");
        BuildCache cache = Open();
        cache.Digests.Of(file);
        Put(cache, "kept", file);
        string victim = Temp["victim"];
        File.WriteAllText(victim, "precious");
        File.SetLastWriteTimeUtc(victim, DateTime.UtcNow.AddDays(-9));
        string[] laid = [.. ((string[])["ac", "cas", "digests", "locks", "pins", "tmp", "."]).Select(
            folder => Path.Combine(Root, folder)).SelectMany(folder => Names(what)
            .Select(name => Path.Combine(folder, name)))];
        foreach (string path in laid)
        {
            Lay(what, path, victim);
        }

        await Task.Run(() =>
        {
            CacheInventory.Of(Open()).Entries.Count.ShouldBe(1);
            CacheVerification.Run(Open(), CancellationToken.None).Problems.ShouldBeEmpty();
            CacheCollection.Plan(Open(), 1 << 20).Execute().ShouldBeEmpty();
            cache.Lock(Key("a"), CancellationToken.None).Dispose();
            cache.TryGet(Key("a")).ShouldBeNull();
            cache.Contains(Key("a")).ShouldBeFalse();
        }).WaitAsync(Patience);
        File.ReadAllText(victim).ShouldBe("precious");
        File.GetLastWriteTimeUtc(victim).ShouldBeLessThan(DateTime.UtcNow.AddDays(-8));
        laid.ShouldAllBe(path => new FileInfo(path).LinkTarget != null || Path.Exists(path));

        Put(cache, "kept", file);
        Open().TryGet(Key("kept")).ShouldNotBeNull();
    }

    [SkippableTheory]
    [InlineData("link")]
    [InlineData("pipe")]
    public async Task Bytes_in_whose_place_there_is_something_else_are_missing_and_stored_again(string what)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "There are no such files elsewhere.");
        string file = WriteFile("file", 1000);
        BuildCache cache = Open();
        Put(cache, "a", file);
        CacheEntry entry = cache.TryGet(Key("a"))!;
        string blob = BlobPath(file);
        File.Delete(blob);
        Lay(what, blob, file);
        await Task.Run(() =>
        {
            cache.TryRestore(entry, Temp["out"]).ShouldBeFalse();
            cache.TryGet(Key("a")).ShouldBeNull();
            Put(cache, "a", file);
            cache.TryRestore(cache.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        }).WaitAsync(Patience);
        new FileInfo(blob).LinkTarget.ShouldBeNull();
        Codes.ShouldBe(["SLM4020"]);
    }

    [SkippableTheory]
    [InlineData("/dev/zero")]
    [InlineData("/proc/self/mem")]
    [InlineData("PIPE")]
    [InlineData("FOLDER")]
    public async Task A_lock_file_that_is_none_pins_nothing_and_is_not_waited_for(string path)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "There are no such files elsewhere.");
        Lay("pipe", Temp["pipe"], "");
        path = path switch { "PIPE" => Temp["pipe"], "FOLDER" => Temp.Path, _ => path };
        Put(Open(), "a", WriteFile("file", 10));
        Open().Pin(path);
        await Task.Run(() => CacheCollection.Plan(Open(), 0).Execute().ShouldBeEmpty()).WaitAsync(Patience);
        Open().TryGet(Key("a")).ShouldBeNull();
    }

    [Fact]
    public void A_note_of_a_lock_file_that_was_not_written_here_is_not_believed()
    {
        Put(Open(), "a", WriteFile("file", 10));
        string note = Path.Combine(Root, "pins", Key("note"));
        File.WriteAllText(Temp["pruning.lock.json"], $"\"{Key("a")}\"");
        File.WriteAllText(note, Temp["pruning.lock.json"]);
        CacheInventory.Of(Open()).Entries.Single().IsPinned.ShouldBeFalse();
        CacheCollection.Plan(Open(), 1 << 20).Removals.ShouldBeEmpty();

        File.WriteAllBytes(note, [0xFF, 0, (byte)'/', 0]);
        CacheCollection.Plan(Open(), 1 << 20).Removals.ShouldBeEmpty();
    }

    [SkippableFact]
    public void Files_larger_than_every_disk_can_be_counted()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only some file systems have such files.");
        string folder = Directory.CreateDirectory($"/dev/shm/sparsellm-{Guid.NewGuid():n}").FullName;
        try
        {
            foreach (string name in (string[])["one", "two", "three"])
            {
                Process.Start("truncate", ["-s", "4E", Path.Combine(folder, name)]).WaitForExit();
            }

            StoredFile[] files = [.. StoredFile.In(folder, _ => true)];
            Skip.If(files.Any(file => file.Length < 1L << 60), "This file system has no such files.");
            StoredFile.Size(files).ShouldBe(long.MaxValue);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public void A_folder_for_locks_that_somebody_else_has_laid_out_is_not_used()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new SkipException("Temporary files are the user's own there.");
        }

        string mine = PrivateFolder.Create(Temp["one"], "locks");
        mine.ShouldBe(Path.Combine(Temp["one"], $"sparsellm-{Environment.UserName}", "locks"));
        (File.GetUnixFileMode(Path.GetDirectoryName(mine)!)
            & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.OtherRead)).ShouldBe(UnixFileMode.None);

        Directory.CreateDirectory(Temp["two"]);
        Directory.CreateSymbolicLink(
            Path.Combine(Temp["two"], $"sparsellm-{Environment.UserName}"),
            Directory.CreateDirectory(Temp["victim"]).FullName);
        Should.Throw<IOException>(() => PrivateFolder.Create(Temp["two"], "locks"));
        Directory.EnumerateFileSystemEntries(Temp["victim"]).ShouldBeEmpty();

        string open = Directory.CreateDirectory(Path.Combine(Temp["three"], $"sparsellm-{Environment.UserName}"))
            .FullName;
        File.SetUnixFileMode(open, (UnixFileMode)Convert.ToInt32("777", 8));
        PrivateFolder.Create(Temp["three"], "locks");
        File.GetUnixFileMode(open).ShouldBe((UnixFileMode)Convert.ToInt32("700", 8));
    }

    [SkippableFact]
    public void A_folder_for_locks_that_belongs_to_another_user_is_not_used()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root can give a folder away");
        string folder = Directory.CreateDirectory(Path.Combine(Temp["temp"], $"sparsellm-{Environment.UserName}"))
            .FullName;
        Process.Start("chown", ["65534", folder]).WaitForExit();
        Should.Throw<IOException>(() => PrivateFolder.Create(Temp["temp"], "locks"));
    }

    private void Write(string file, string content)
    {
        string path = Path.Combine(Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private string OldFile(string name)
    {
        string file = WriteFile(name, 1000);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1));
        return file;
    }

    private static string[] Names(string what) =>
        what == "other"
            ? ["thesis.doc", ".work.tmp", "UPPER" + Key("a")[5..].ToUpperInvariant()]
            : [Key("a"), ".0123456789abcdef0123456789abcdef.tmp"];

    private static void Lay(string what, string path, string victim)
    {
        switch (what)
        {
            case "link":
                File.CreateSymbolicLink(path, victim);
                break;
            case "dangling":
                File.CreateSymbolicLink(path, victim + ".new");
                break;
            case "pipe":
                Process.Start("mkfifo", path).WaitForExit();
                break;
            case "zero":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "folder":
                Directory.CreateDirectory(Path.Combine(path, "inner"));
                break;
            default:
                File.WriteAllText(path, "precious");
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-9));
                break;
        }
    }
}
