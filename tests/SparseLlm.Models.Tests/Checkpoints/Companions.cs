using System.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints;

/// <summary>What goes along with a pruned model beside its weights.</summary>
public sealed class Companions : IDisposable
{
    private readonly TempDirectory source = new();
    private readonly TempDirectory target = new();

    [Fact]
    public void What_loaders_read_goes_along_and_so_do_licence_and_terms()
    {
        string[] wanted =
        [
            "config.json", "generation_config.json",
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
            "merges.txt",
            "tokenizer.model", "tokenizer.model.v3", "qwen.tiktoken", "tekken.json", "params.json",
            "chat_template.jinja", "additional_chat_templates/tool_use.jinja",
            "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
            "custom_generate/generate.py", "custom_generate/requirements.txt",
            "LICENSE.txt", "Notice", "USE_POLICY.md",
        ];
        Write([.. wanted, "README.md", "model.safetensors", "pytorch_model.bin", "reference.json", "flax_model.msgpack",
            "modeling_x.py", "eval/results.jinja"]);
        ShouldGoAlong(wanted);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("processor_config.json")]
    public void Code_goes_along_where_a_configuration_names_some(string configuration)
    {
        Write([configuration, "modeling_x.py", "tokenization_x.py", "layers_that_it_imports.py"]);
        ShouldGoAlong([configuration]);
        File.WriteAllText(
            source[configuration],
            """{"model_type": "x", "auto_map": {"AutoModel": "modeling_x.XModel"}}""");
        ShouldGoAlong([configuration, "modeling_x.py", "tokenization_x.py", "layers_that_it_imports.py"]);
    }

    [Fact]
    public void Links_are_the_files_that_they_lead_to()
    {
        Directory.CreateDirectory(source["blobs"]);
        File.WriteAllText(source["blobs/3f2a"], "merges");
        File.CreateSymbolicLink(source["merges.txt"], "blobs/3f2a");
        ShouldGoAlong(["merges.txt"]);
        File.ReadAllText(target["merges.txt"]).ShouldBe("merges");
        new FileInfo(target["merges.txt"]).LinkTarget.ShouldBeNull();
    }

    [SkippableFact]
    public void A_pipe_is_refused_and_not_waited_for()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes among files");
        using (Process pipe = Process.Start("mkfifo", [source["vocab.txt"]]))
        {
            pipe.WaitForExit();
        }

        Action copying = () => CompanionFiles.Copy(source.Path, target.Path);
        copying.ShouldFailWith(ModelDiagnostics.CheckpointUnreadable).Location!.File.ShouldBe(source["vocab.txt"]);
    }

    [SkippableFact]
    public void A_name_that_not_every_system_allows_is_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not allow it");
        Write(["LICENSE: MIT"]);
        Action copying = () => CompanionFiles.Copy(source.Path, target.Path);
        copying.ShouldFailWith(ModelDiagnostics.NameNotPortable).Location!.File.ShouldBe(source["LICENSE: MIT"]);
    }

    private void Write(string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(source[name])!);
            File.WriteAllText(source[name], name);
        }
    }

    private void ShouldGoAlong(string[] wanted)
    {
        CompanionFiles.Of(source.Path).ShouldBe(wanted, ignoreOrder: true);
        CompanionFiles.Copy(source.Path, target.Path);
        Directory.EnumerateFiles(target.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(target.Path, path)
                .Replace('\\', '/')).ShouldBe(wanted, ignoreOrder: true);
    }

    public void Dispose()
    {
        source.Dispose();
        target.Dispose();
    }
}
