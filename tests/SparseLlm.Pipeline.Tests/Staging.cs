using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts.Outputs;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A directory comes into being whole or not at all, and nothing of the user's is lost.</summary>
public sealed class Staging : IDisposable
{
    private static readonly IReadOnlySet<string> Files = ArtifactFiles.Of(
        ["model.safetensors", "additional_chat_templates/tool.jinja"],
        []);

    private readonly TempDirectory directory = new();

    private string Target => directory["artifact"];

    private string Old => directory[".artifact.sparsellm-old"];

    private string this[string name] => Path.Combine(Target, name);

    [Fact]
    public void Nothing_stands_in_place_before_the_commit()
    {
        using (StagingDirectory staging = StagingDirectory.Create(Target, Files))
        {
            WriteArtifact(staging.Path, "new");
            Directory.Exists(Target).ShouldBeFalse();
            staging.Commit();
        }

        ShouldStandAlone("new");
    }

    [Fact]
    public void Without_a_commit_the_old_artifact_stays()
    {
        WriteArtifact(Target, "old");
        using (StagingDirectory staging = StagingDirectory.Create(Target, Files))
        {
            WriteArtifact(staging.Path, "new");
        }

        ShouldStandAlone("old");
    }

    [Fact]
    public void An_old_artifact_is_replaced_whole()
    {
        WriteArtifact(Target, "old", "config.json", "vocab.json");
        Replace();
        ShouldStandAlone("new");
        Names().ShouldBe(
            ["additional_chat_templates/tool.jinja", "model.safetensors", "pruning.json", "report.html", "summary.md"]);
    }

    [Fact]
    public void What_a_user_has_put_into_an_artifact_is_in_the_next_one_too()
    {
        WriteArtifact(Target, "old");
        Write(this["README.md"], "card");
        Write(this["eval/results.json"], "results");
        Write(this["eval/deep/down.txt"], "deep");
        Write(this["additional_chat_templates/mine.jinja"], "mine");
        Directory.CreateDirectory(this["empty"]);
        Write(directory["elsewhere/thesis.txt"], "three years of work");
        Directory.CreateSymbolicLink(this["link"], directory["elsewhere"]);
        File.CreateSymbolicLink(this["broken"], "nowhere");
        DateTime written = File.GetLastWriteTimeUtc(this["README.md"]);

        Replace();
        File.ReadAllText(this["model.safetensors"]).ShouldBe("new");
        File.ReadAllText(this["README.md"]).ShouldBe("card");
        File.GetLastWriteTimeUtc(this["README.md"]).ShouldBe(written);
        File.ReadAllText(this["eval/results.json"]).ShouldBe("results");
        File.ReadAllText(this["eval/deep/down.txt"]).ShouldBe("deep");
        File.ReadAllText(this["additional_chat_templates/mine.jinja"]).ShouldBe("mine");
        Directory.Exists(this["empty"]).ShouldBeTrue();
        new DirectoryInfo(this["link"]).LinkTarget.ShouldBe(directory["elsewhere"]);
        new FileInfo(this["broken"]).LinkTarget.ShouldBe("nowhere");
        File.ReadAllText(directory["elsewhere/thesis.txt"]).ShouldBe("three years of work");
        ShouldBe(["artifact", "elsewhere"]);
    }

    [SkippableFact]
    public void A_pipe_of_the_users_is_moved_and_one_in_a_files_place_goes_without_being_waited_for()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes among files");
        WriteArtifact(Target, "old");
        File.Delete(this["model.safetensors"]);
        Process.Start("mkfifo", [this["model.safetensors"], this["pipe"]]).WaitForExit();
        Replace();
        File.ReadAllText(this["model.safetensors"]).ShouldBe("new");
        Path.Exists(this["pipe"]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model.safetensors/inside")]
    [InlineData("additional_chat_templates")]
    public void A_file_of_the_users_under_a_name_that_is_needed_is_in_the_way_and_stays(string name)
    {
        WriteManifest(Target, "config.json");
        Write(this[name], "mine");
        Diagnostic error = Should.Throw<DiagnosticException>(() => StagingDirectory.Create(Target, Files)).Diagnostics
            .Single();
        error.Code.ShouldBe("SLM4001");
        error.Location!.File.ShouldBe(this[name.Split('/')[0]]);
        File.ReadAllText(this[name]).ShouldBe("mine");
        ShouldBe(["artifact"]);
    }

    [Fact]
    public void Weights_of_the_users_that_would_be_loaded_in_place_of_the_artifacts_are_in_the_way()
    {
        WriteManifest(Target, "model.safetensors.index.json", "one.safetensors");
        Write(this["model.safetensors"], "mine");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Create(
            Target,
            ArtifactFiles.Of(["model.safetensors.index.json", "one.safetensors"], [])))
            .Diagnostics.Single().Location!.File.ShouldBe(this["model.safetensors"]);
    }

    [Fact]
    public void What_a_user_has_left_under_an_artifacts_name_stays_beside_the_artifact()
    {
        Write(this["README.md"], "mine");
        Write(this["eval/results.json"], "mine");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Check(Target, Files)).Diagnostics.Single().Code
            .ShouldBe("SLM4001");
        using (StagingDirectory staging = StagingDirectory.Create(Target, Files, isShared: true))
        {
            WriteArtifact(staging.Path, "new");
            staging.Commit();
        }

        File.ReadAllText(this["model.safetensors"]).ShouldBe("new");
        File.ReadAllText(this["README.md"]).ShouldBe("mine");
        File.ReadAllText(this["eval/results.json"]).ShouldBe("mine");
        ShouldBe(["artifact"]);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pruning.json")]
    public void Another_model_under_an_artifacts_name_is_in_the_way_and_stays(string name)
    {
        Write(this[name], "mine");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Check(Target, Files, isShared: true)).Diagnostics
            .Single()
            .Location!.File.ShouldBe(this[name]);
    }

    [SkippableFact]
    public void A_name_that_cannot_be_moved_is_found_before_anything_is()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "other systems have no names that are not text");
        WriteManifest(Target, "config.json");
        Bash("touch \"$0\"/$'caf\\xe9.txt'");
        try
        {
            Diagnostic error = Should.Throw<DiagnosticException>(() => StagingDirectory.Create(Target, Files))
                .Diagnostics
                .Single();
            error.Code.ShouldBe("SLM4001");
            error.Message.ShouldContain("UTF-8");
            ShouldBe(["artifact"]);
        }
        finally
        {
            // Nor can it be deleted from here.
            Bash("rm -r \"$0\"");
        }

        void Bash(string command) => Process.Start("bash", ["-c", command, Target]).WaitForExit();
    }

    [Fact]
    public void The_directory_that_one_is_in_is_not_replaced() =>
        Should.Throw<DiagnosticException>(() => StagingDirectory.Check(Environment.CurrentDirectory, Files)).Diagnostics
            .Single()
            .Message
            .ShouldContain("current directory");

    [Fact]
    public void A_file_that_comes_into_the_way_meanwhile_is_not_lost()
    {
        WriteManifest(Target, "config.json");
        using StagingDirectory staging = StagingDirectory.Create(Target, Files);
        WriteArtifact(staging.Path, "new");
        Write(this["model.safetensors"], "mine");
        Should.Throw<DiagnosticException>(staging.Commit).Diagnostics.Single().Code.ShouldBe("SLM4001");
        File.ReadAllText(this["model.safetensors"]).ShouldBe("mine");
    }

    [Fact]
    public void A_link_to_a_directory_is_followed_and_stays()
    {
        Directory.CreateDirectory(directory["disk/models"]);
        Directory.CreateSymbolicLink(Target, "disk/models");
        Replace();
        new DirectoryInfo(Target).LinkTarget.ShouldBe("disk/models");
        File.ReadAllText(directory["disk/models/model.safetensors"]).ShouldBe("new");
        Replace("newer");
        new DirectoryInfo(Target).LinkTarget.ShouldBe("disk/models");
        File.ReadAllText(directory["disk/models/model.safetensors"]).ShouldBe("newer");
        ShouldBe(["artifact", "disk"]);
        Directory.EnumerateFileSystemEntries(directory["disk"]).Count().ShouldBe(1);
    }

    [Fact]
    public void A_link_to_a_directory_that_is_not_there_yet_is_followed()
    {
        Directory.CreateSymbolicLink(Target, directory["disk/models"]);
        Replace();
        File.ReadAllText(directory["disk/models/model.safetensors"]).ShouldBe("new");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{ \"formatVersion\": 2, \"prune\": [\"node_modules\"] }")]
    [InlineData("{ \"formatVersion\": 2, \"key\": \"abc\", \"digest\": \"def\" }")]
    [InlineData("[]")]
    [InlineData("not JSON")]
    [InlineData("")]
    public void A_file_that_happens_to_be_called_like_the_manifest_makes_no_artifact(string content)
    {
        Write(this["pruning.json"], content);
        Write(this["thesis.txt"], "three years of work");
        ShouldNotBeReplaced();
        File.ReadAllText(this["pruning.json"]).ShouldBe(content);
        File.ReadAllText(this["thesis.txt"]).ShouldBe("three years of work");
    }

    [Fact]
    public void A_manifest_that_names_files_elsewhere_makes_no_artifact()
    {
        WriteManifest(Target, "../elsewhere.txt");
        Write(directory["elsewhere.txt"], "mine");
        ShouldNotBeReplaced();
        File.ReadAllText(directory["elsewhere.txt"]).ShouldBe("mine");
    }

    [SkippableFact]
    public void A_pipe_in_the_place_of_the_manifest_makes_no_artifact()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes among files");
        Directory.CreateDirectory(Target);
        Process.Start("mkfifo", [this["pruning.json"]]).WaitForExit();
        ShouldNotBeReplaced();
    }

    [Fact]
    public void An_artifact_of_the_first_version_is_one_too()
    {
        Write(this[
            "pruning.json"], $$"""{ "formatVersion": 1, "toolVersion": "0.0.1", "key": "{{new string('1', 64)}}", "digest": "{{new string('2', 64)}}" }""");
        Write(this["model.safetensors"], "old");
        Write(this["config.json"], "old");
        Write(this["README.md"], "card");
        Replace();
        Names().ShouldBe(["README.md", "additional_chat_templates/tool.jinja", "model.safetensors", "pruning.json",
            "report.html", "summary.md"]);
    }

    [Fact]
    public void Files_of_others_are_left_alone()
    {
        File.WriteAllText(Target, "a file");
        ShouldNotBeReplaced();
        File.ReadAllText(Target).ShouldBe("a file");
    }

    [SkippableFact]
    public void The_place_where_a_disk_is_mounted_is_not_replaced()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/shm is Linux's");
        Skip.IfNot(
            DriveInfo.GetDrives().Any(drive => drive.RootDirectory.FullName == "/dev/shm"),
            "nothing is mounted on /dev/shm");
        Directory.CreateSymbolicLink(Target, "/dev/shm");
        ShouldNotBeReplaced();
    }

    [Fact]
    public void Folders_with_names_like_leftovers_are_the_users()
    {
        foreach (string name in (string[])[".artifact.staging", ".artifact.old", ".artifact.tmp"])
        {
            Write(directory[name + "/file"], "mine");
        }

        StagingDirectory.HasLeftovers(Target).ShouldBeFalse();
        Replace();
        StagingDirectory.Recover(Target);
        ShouldBe([".artifact.old", ".artifact.staging", ".artifact.tmp", "artifact"]);
    }

    [Fact]
    public void What_a_killed_run_was_writing_is_cleared_away()
    {
        Write(Path.Combine(StagingDirectory.Create(Target, Files).Path, "half"), "");
        StagingDirectory.HasLeftovers(Target).ShouldBeTrue();
        using (StagingDirectory staging = StagingDirectory.Create(Target, Files))
        {
            Directory.EnumerateFileSystemEntries(staging.Path).ShouldBeEmpty();
        }

        Write(Path.Combine(StagingDirectory.Create(Target, Files).Path, "half"), "");
        StagingDirectory.Recover(Target);
        ShouldBe([]);
    }

    [Fact]
    public void What_a_killed_run_had_moved_away_and_not_replaced_comes_back()
    {
        WriteArtifact(Old, "old");
        Write(Path.Combine(Old, "README.md"), "card");
        StagingDirectory.HasLeftovers(Target).ShouldBeTrue();
        StagingDirectory.Recover(Target);
        ShouldStandAlone("old");
        File.ReadAllText(this["README.md"]).ShouldBe("card");
    }

    [Fact]
    public void What_a_killed_run_had_not_moved_over_yet_is()
    {
        WriteArtifact(Old, "old");
        Write(Path.Combine(Old, "eval/results.json"), "results");
        Write(Path.Combine(Old, $".{Guid.NewGuid():n}.tmp"), "half a report");
        WriteArtifact(Target, "new");
        Write(this["README.md"], "moved before");
        StagingDirectory.Recover(Target);
        ShouldStandAlone("new");
        File.ReadAllText(this["eval/results.json"]).ShouldBe("results");
        File.ReadAllText(this["README.md"]).ShouldBe("moved before");
    }

    [Fact]
    public void What_cannot_be_moved_over_stays_and_is_named()
    {
        WriteArtifact(Old, "old");
        Write(Path.Combine(Old, "README.md"), "one");
        WriteArtifact(Target, "new");
        Write(this["README.md"], "other");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Recover(Target)).Diagnostics.Single().Location!.File
            .ShouldBe(Old);
        File.ReadAllText(Path.Combine(Old, "README.md")).ShouldBe("one");
        File.ReadAllText(this["README.md"]).ShouldBe("other");
        Directory.EnumerateFileSystemEntries(Old).Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("staging")]
    [InlineData("old")]
    public void Nothing_is_deleted_behind_a_link(string kind)
    {
        Write(directory["elsewhere/thesis.txt"], "three years of work");
        WriteArtifact(Target, "old");
        Directory.CreateSymbolicLink(directory[$".artifact.sparsellm-{kind}"], directory["elsewhere"]);
        Should.Throw<DiagnosticException>(() => StagingDirectory.Recover(Target)).Diagnostics.Single().Code
            .ShouldBe("SLM4001");
        File.ReadAllText(directory["elsewhere/thesis.txt"]).ShouldBe("three years of work");
    }

    [Fact]
    public void An_artifact_that_cannot_be_put_in_place_leaves_the_old_one_there()
    {
        WriteArtifact(Target, "old");
        using StagingDirectory staging = StagingDirectory.Create(Target, Files);
        Directory.Delete(staging.Path);
        Should.Throw<IOException>(staging.Commit);
        ShouldStandAlone("old");
    }

    [SkippableFact]
    public void A_place_that_cannot_be_written_is_an_error_with_a_code()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/proc is Linux's");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Create("/proc/artifact", Files)).Diagnostics.Single()
            .Code
            .ShouldBe("SLM4006");
        Write(directory["file"], "");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Create(directory["file/artifact"], Files)).Diagnostics
            .Single()
            .Code
            .ShouldBe("SLM4006");
    }

    private void Replace(string content = "new")
    {
        using StagingDirectory staging = StagingDirectory.Create(Target, Files);
        WriteArtifact(staging.Path, content);
        staging.Commit();
    }

    private void ShouldNotBeReplaced() =>
        Should.Throw<DiagnosticException>(() => StagingDirectory.Create(Target, Files)).Diagnostics.Single().Code
            .ShouldBe("SLM4001");

    private void ShouldStandAlone(string content)
    {
        File.ReadAllText(this["model.safetensors"]).ShouldBe(content);
        ShouldBe(["artifact"]);
    }

    private void ShouldBe(string[] names)
        => Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal).ShouldBe(names);

    private string[] Names() =>
        [.. Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Target, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    private static void WriteArtifact(string folder, string content, params string[] more)
    {
        string[] files = ["model.safetensors", "additional_chat_templates/tool.jinja", .. more];
        WriteManifest(folder, files);
        foreach (string file in (string[])[.. files, "report.html", "summary.md"])
        {
            Write(Path.Combine(folder, file), content);
        }
    }

    private static void WriteManifest(string folder, params string[] files)
    {
        string names = string.Join(", ", files.Select(file => $"\"{file}\": \"{new string('0', 64)}\""));
        Write(
            Path.Combine(folder, "pruning.json"),
            $$"""{ "formatVersion": 2, "key": "{{new string('1', 64)}}", "digest": "{{new string('2', 64)}}", "inputs": { "model": { {{names}} } } }""");
    }

    private static void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void Dispose() => directory.Dispose();
}
