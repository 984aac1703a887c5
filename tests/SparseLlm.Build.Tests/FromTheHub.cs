using Parquet.Serialization;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>A project whose recipe names a model and a text of the hub.</summary>
public sealed class FromTheHub : IDisposable
{
    private readonly HubServer server = new();
    private readonly TestProject project = new TestProject().WithTool("");

    public FromTheHub()
    {
        server.AddModel("acme/tiny-llama").Push(ShallowModel.Of("tiny-llama"));
        server.AddDataset("acme/stories").Push(new Dictionary<string, byte[]>
        {
            ["data/train.parquet"] = Table(File.ReadAllLines(Repository.Text("sample-calibration.txt")))
        });
        project.Environment["HF_ENDPOINT"] = server.Endpoint.ToString();
        project.Environment["HF_TOKEN"] = server.Token;
        project.Environment["HF_HOME"] = project.PathOf("hub");
        project.Write(
            "pruning.yaml",
            """
            version: 1
            model: hf://acme/tiny-llama
            calibration:
              text: hf://datasets/acme/stories/data/*.parquet
              samples: 2
              sequenceLength: 64
            artifacts:
              half: { method: wanda, sparsity: 0.5 }
            """);
    }

    public void Dispose() => server.Dispose();

    private static byte[] Table(IEnumerable<string> texts)
    {
        using var file = new MemoryStream();
        ParquetSerializer.SerializeAsync(texts.Select(text => new Row { text = text }), file).GetAwaiter().GetResult();
        return file.ToArray();
    }

    [Fact]
    public void An_empty_cache_becomes_a_pruned_model_and_the_builds_behind_it_need_no_hub()
    {
        BuildResult first = project.Build().ShouldSucceed();
        first.Output.ShouldContain("downloading hf://acme/tiny-llama at ");
        first.Output.ShouldNotContain(server.Token);
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("model.safetensors");
        server.Requests.ShouldContain(request => request.IsCdn);
        server.Requests.ShouldAllBe(
            request => request.IsCdn != request.Headers.ContainsKey("Authorization"),
            "the token is for the hub alone");

        server.ClearRequests();
        project.Build().ShouldSucceed().Prunes.ShouldBe(0);
        Directory.Delete(project.PathOf("bin/Debug/net10.0/models"), recursive: true);
        project.Build("-p:SparseLlmOffline=true").ShouldSucceed().Prunes.ShouldBe(1);
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("model.safetensors");
        server.Requests.ShouldBeEmpty();

        // A lock file that is moved is another model, though nothing else in the project has changed.
        string other = server.AddModel("acme/other").Push(new Dictionary<string, byte[]> { ["README.md"] = [1] });
        string file = project.PathOf("pruning.lock.json");
        string commit = Directory.EnumerateDirectories(project.PathOf("hub/hub/models--acme--tiny-llama/snapshots"))
            .Select(path => Path.GetFileName(path))
            .Single();
        File.WriteAllText(file, File.ReadAllText(file).Replace(commit, other, StringComparison.Ordinal));
        project.Build("-p:SparseLlmOffline=true").ShouldFail().Output.ShouldContain(
            $"pruning.yaml(2,8,2,28): error SLM6010: hf://acme/tiny-llama: commit {other} is not in the hub's cache");
    }

    // Named as the column is to be.
    private sealed class Row
    {
        public string text { get; set; } = "";
    }
}
