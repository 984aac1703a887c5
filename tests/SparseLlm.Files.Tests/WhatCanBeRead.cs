using System.Diagnostics;
using System.Net.Sockets;

namespace SparseLlm.Files.Tests;

/// <summary>A name that comes from elsewhere can lead to anything.</summary>
public sealed class WhatCanBeRead : IDisposable
{
    private readonly TempDirectory folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void A_pipe_is_refused_and_not_waited_for()
    {
        Skip.If(OperatingSystem.IsWindows());
        Process.Start("mkfifo", folder["pipe"]).WaitForExit();
        Should.Throw<IOException>(() => RegularFile.Open(folder["pipe"])).Message
            .ShouldBe("this is a pipe and not a regular file");
    }

    [SkippableFact]
    public void A_device_is_refused_and_not_read_without_end()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        Should.Throw<IOException>(() => RegularFile.ReadAllBytes("/dev/zero", 100)).Message.ShouldContain("a device");
    }

    [SkippableFact]
    public void A_socket_is_refused()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["socket"]));
        Should.Throw<IOException>(() => RegularFile.Open(folder["socket"])).Message.ShouldContain("a socket");
    }

    [SkippableFact]
    public void A_directory_is_refused_by_name()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        Should.Throw<IOException>(() => RegularFile.Open(folder.Path)).Message.ShouldContain("a directory");
    }

    [SkippableFact]
    public void A_link_to_a_file_is_followed()
    {
        Skip.If(OperatingSystem.IsWindows());
        File.WriteAllText(folder["file"], "abc");
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        RegularFile.ReadAllBytes(folder["link"], 3).ShouldBe("abc"u8.ToArray());
    }

    [SkippableFact]
    public void A_link_is_refused_where_the_name_itself_has_to_be_a_file()
    {
        Skip.If(OperatingSystem.IsWindows());
        File.WriteAllText(folder["file"], "abc");
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        File.CreateSymbolicLink(folder["nowhere"], folder["none"]);
        foreach (string link in (string[])["link", "nowhere"])
        {
            Should.Throw<IOException>(() => RegularFile.ReadAllBytes(folder[link], 3, followLink: false)).Message
                .ShouldBe("this is a link and not a regular file");
            RegularFile.IsAt(folder[link]).ShouldBeFalse();
        }

        RegularFile.ReadAllBytes(folder["file"], 3, followLink: false).Length.ShouldBe(3);
        RegularFile.IsAt(folder["file"]).ShouldBeTrue();
        RegularFile.IsAt(folder["none"]).ShouldBeFalse();
        RegularFile.IsAt(folder.Path).ShouldBeFalse();
    }

    [SkippableFact]
    public void The_system_tells_whose_a_file_is()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        FileStatus.Of(folder.Path).IsOwn.ShouldBe(true);
        FileStatus.Of("/proc/1/status").IsOwn.ShouldBe(Environment.UserName == "root");
        FileStatus.Of(folder["none"]).IsOwn.ShouldBeNull();
    }

    [Fact]
    public void A_file_beyond_the_limit_is_refused_with_both_numbers()
    {
        File.WriteAllText(folder["file"], "abcd");
        Should.Throw<IOException>(() => RegularFile.ReadAllBytes(folder["file"], 3)).Message
            .ShouldBe("the file has 4 bytes, and 3 is the most that are read of one like it");
    }

    [Fact]
    public void A_file_that_is_not_there_is_what_it_is_elsewhere() =>
        Should.Throw<FileNotFoundException>(() => RegularFile.Open(folder["none"]));
}
