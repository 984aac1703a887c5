using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>What <c>generation_config.json</c> recommends.</summary>
public sealed class RecommendedOptions : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Without_a_file_or_a_word_in_it_the_most_likely_token_is_taken()
    {
        GenerationOptions.Recommended(directory.Path).ShouldBe(GenerationOptions.Greedy);
        Of("{}").ShouldBe(GenerationOptions.Greedy);
        Of("""{ "do_sample": false, "temperature": 0.6, "top_p": 0.9 }""").ShouldBe(GenerationOptions.Greedy);
        Of("""{ "do_sample": null, "repetition_penalty": 1.1 }""").ShouldBe(
            new GenerationOptions { RepetitionPenalty = 1.1f });
    }

    [Fact]
    public void Where_it_asks_for_sampling_its_settings_count_and_those_of_transformers_for_the_rest()
    {
        Of("""{ "do_sample": true }""").ShouldBe(new GenerationOptions { Temperature = 1, TopK = 50 });
        Of("""{ "do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.01, "repetition_penalty": 1.05, "eos_token_id": [1, 2] }""")
            .ShouldBe(new GenerationOptions
            {
                Temperature = 0.6f,
                TopK = 20,
                TopP = 0.95f,
                MinP = 0.01f,
                RepetitionPenalty = 1.05f
            });
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "cannot be read as JSON")]
    [InlineData("""{ "do_sample": 1 }""", "do_sample is 1")]
    [InlineData("""{ "do_sample": true, "temperature": -1 }""", "temperature is -1, and has to be a number from 0 on")]
    [InlineData("""{ "do_sample": true, "temperature": NaN }""", "temperature is ")]
    [InlineData("""{ "do_sample": true, "top_k": 2.5 }""", "top_k is 2.5")]
    [InlineData("""{ "do_sample": true, "top_p": "0.9" }""", "top_p is \"0.9\"")]
    [InlineData("""{ "do_sample": true, "min_p": 1.5 }""", "min_p is 1.5")]
    [InlineData("""{ "repetition_penalty": 0 }""", "repetition_penalty is 0, and has to be a number above 0")]
    [InlineData("""{ "repetition_penalty": 1e300 }""", "repetition_penalty is 1e300")]
    public void What_cannot_be_is_an_error_that_names_file_and_field(string json, string message)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Of(json)).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(RuntimeDiagnostics.MalformedGenerationConfig);
        diagnostic.Location!.File.ShouldBe(directory["generation_config.json"]);
        diagnostic.Message.ShouldContain(message);
    }

    [Fact]
    public void End_tokens_that_are_none_are_an_error_too()
    {
        foreach (string path in Directory.EnumerateFiles(Repository.Model("tiny-llama")))
        {
            File.Copy(path, directory[Path.GetFileName(path)]);
        }

        File.WriteAllText(directory["generation_config.json"], """{ "eos_token_id": ["</s>"] }""");
        using LanguageModel model = LanguageModel.Open(directory.Path, new LanguageModelOptions { Threads = 1 });
        Should.Throw<DiagnosticException>(() => model.Generate("a")).Diagnostics.ShouldHaveSingleItem().Descriptor
            .ShouldBe(RuntimeDiagnostics.MalformedGenerationConfig);
    }

    private GenerationOptions Of(string json)
    {
        File.WriteAllText(directory["generation_config.json"], json);
        return GenerationOptions.Recommended(directory.Path);
    }
}
