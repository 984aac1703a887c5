using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests;

/// <summary>Paths that name something beside a model: the message names the model.</summary>
public sealed class MeantModels : IDisposable
{
    private const string Commit = "a1b2c3";
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void File_of_a_model_names_its_directory(string file)
    {
        Write("models/x");
        Failure($"models/x/{file}").ShouldContain($"name its directory, '{directory["models/x"]}'");
        MeantModel.Hint(directory[$"models/x/{file}"], $"models/x/{file}")
            .ShouldBe("this is a file of a model; name its directory, 'models/x'");
        MeantModel.Hint(directory[$"models/x/{file}"], file)
            .ShouldBe("this is a file of a model; name its directory, '.'");
        GgufFile.IsMeantBy(directory[$"models/x/{file}"]).ShouldBeFalse();
    }

    [Fact]
    public void Other_file_says_what_is_needed()
    {
        File.WriteAllText(directory["notes.txt"], "");
        File.WriteAllText(directory["model-Q4_K_M.gguf"], "");
        Failure("notes.txt").ShouldContain("config.json");
        Failure("model-Q4_K_M.gguf").ShouldContain("GGUF");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("owner/x")]
    public void Folder_around_a_model_names_it(string place)
    {
        Write($"models/{place}");
        Directory.CreateDirectory(directory["models/empty/deeper/still"]);
        Write("models/.hidden");
        Failure("models").ShouldContain($"did you mean '{directory[$"models/{place}"]}'?");
    }

    [Fact]
    public void Folder_around_several_models_lists_some_of_those_that_are_nearest()
    {
        foreach (string name in (string[])["a", "b", "c", "d", "e", "f/deeper"])
        {
            Write($"models/{name}");
        }

        MeantModel.Hint(directory["models"], "models/").ShouldBe(
            "this is a folder with several models; name one: 'models/a', 'models/b', 'models/c' or one of 2 more");
    }

    [Fact]
    public void Repository_of_the_hubs_cache_names_the_snapshot_of_its_main_branch()
    {
        WriteRepository("0000", Commit);
        string snapshot = $"models--owner--x/snapshots/{Commit}";
        Failure("models--owner--x").ShouldContain($"'{directory[snapshot]}'");
        Failure("models--owner--x/snapshots").ShouldContain("several models");
        MeantModel.Hint(directory.Path, "hub")
            .ShouldBe($"this is a folder around a model; did you mean 'hub/{snapshot}'?");
        File.Delete(directory["models--owner--x/refs/main"]);
        Failure("models--owner--x").ShouldContain("snapshots/0000'");
    }

    [Fact]
    public void Repository_without_a_snapshot_says_that_its_download_is_not_complete()
    {
        Directory.CreateDirectory(directory["models--owner--x/blobs"]);
        Failure("models--owner--x").ShouldContain("not complete");
    }

    [Fact]
    public void Snapshot_whose_weights_are_still_being_fetched_says_so()
    {
        WriteRepository(Commit);
        File.Delete(directory[$"models--owner--x/snapshots/{Commit}/model.safetensors"]);
        Directory.CreateDirectory(directory["models--owner--x/blobs"]);
        File.WriteAllText(directory["models--owner--x/blobs/0123.incomplete"], "");
        Failure($"models--owner--x/snapshots/{Commit}").ShouldContain("not complete");
    }

    [SkippableTheory]
    [InlineData("config.json", "SLM2010")]
    [InlineData("model.safetensors", "SLM2002")]
    public void Link_that_leads_nowhere_says_that_the_download_is_not_complete_and_which_file_is_missing(
        string file,
        string code)
    {
        Skip.If(OperatingSystem.IsWindows());
        WriteRepository(Commit);
        string link = $"models--owner--x/snapshots/{Commit}/{file}";
        File.Delete(directory[link]);
        File.CreateSymbolicLink(directory[link], "../../blobs/0123");
        Diagnostic diagnostic = Diagnosis($"models--owner--x/snapshots/{Commit}");
        diagnostic.Code.ShouldBe(code);
        diagnostic.Location!.File.ShouldBe(directory[link]);
        diagnostic.Message.ShouldContain("a link to '../../blobs/0123', which is not there");
        diagnostic.Message.ShouldContain("not complete");
    }

    [Theory]
    [InlineData("models/tiny-lama", "models/tiny-llama")]
    [InlineData("models/Tiny-LLaMA/", "models/tiny-llama")]
    public void Mistyped_directory_names_the_nearest(string written, string meant)
    {
        Write("models/tiny-llama");
        string? hint = MeantModel.Hint(directory[written], written);

        // Some file systems do not tell upper case from lower.
        (hint is null
            ? Directory.Exists(directory[written])
            : hint.Contains($"did you mean '{meant}'?", StringComparison.Ordinal)).ShouldBeTrue(hint);
    }

    [Fact]
    public void Home_that_no_shell_has_replaced_is_told_in_full()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        MeantModel.Hint(directory["~/models/x"], "~/models/x")!.ShouldContain($"write '{home}/models/x'");
    }

    [Fact]
    public void Model_needs_no_hint()
    {
        Write("x");
        MeantModel.Hint(directory["x"], "x").ShouldBeNull();
    }

    [Theory]
    [InlineData("models/tiny-llama/", "tiny-llama")]
    [InlineData("hub/models--Qwen--Qwen3-0.6B/snapshots/a1b2", "Qwen3-0.6B")]
    [InlineData("hub/models--gpt2/snapshots/a1b2/", "gpt2")]
    [InlineData("mine/snapshots/a1b2", "a1b2")]
    [InlineData("models--x/a1b2", "a1b2")]
    public void Model_is_called_after_its_directory_and_a_snapshot_after_its_repository(string path, string name)
        => ModelName.Of(directory[path]).ShouldBe(name);

    private void Write(string place) => TinyModel.Llama().Write(Directory.CreateDirectory(directory[place]).FullName);

    private void WriteRepository(params string[] commits)
    {
        foreach (string commit in commits)
        {
            Write($"models--owner--x/snapshots/{commit}");
        }

        Directory.CreateDirectory(directory["models--owner--x/refs"]);
        File.WriteAllText(directory["models--owner--x/refs/main"], commits[^1]);
    }

    private string Failure(string path) => Diagnosis(path) is var diagnostic
            && diagnostic.Descriptor == ModelDiagnostics.CheckpointNotFound
        ? diagnostic.Message
        : throw new InvalidOperationException(diagnostic.ToString());

    private Diagnostic Diagnosis(string path) =>
        Should.Throw<DiagnosticException>(() => DecoderModel.ReadDefinition(directory[path])).Diagnostics
            .ShouldHaveSingleItem();
}
