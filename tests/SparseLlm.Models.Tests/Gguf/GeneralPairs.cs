using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Tests.Gguf;

public sealed class GeneralPairs : IDisposable
{
    private readonly string directory = Path.Combine(Directory.CreateTempSubdirectory("general").FullName, "my-model");

    public GeneralPairs() => Directory.CreateDirectory(directory);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(directory)!, recursive: true);

    [Fact]
    public void A_model_is_called_as_asked_for_or_as_its_directory()
    {
        Write()["general.name"].ShouldBe("my-model");
        Write()["general.type"].ShouldBe("model");
        Write(new GgufExportOptions { Name = "mine" })["general.name"].ShouldBe("mine");
    }

    [Theory]
    [InlineData(1_235_814_400, 0, 0, "1.2B")]
    [InlineData(8_030_261_248, 0, 0, "8.0B")]
    [InlineData(46_702_792_704, 45_097_156_608, 8, "8x7.2B")]
    [InlineData(70_553_706_496, 0, 0, "71B")]
    [InlineData(134_515_008, 0, 0, "135M")]
    [InlineData(999_999_999_999, 0, 0, "1000B")]
    [InlineData(2_500, 0, 0, "2.5K")]
    [InlineData(250, 0, 0, "0.25K")]
    public void Its_size_is_written_in_a_few_characters(long total, long ofExperts, int experts, string label) =>
        new ParameterCount(total, ofExperts, experts).Label.ShouldBe(label);

    [Fact]
    public void The_card_names_licence_and_base_models()
    {
        Card("license: other\nlicense_name: my-licence\nlicense_link: LICENSE\nbase_model:\n- "
            + "meta-llama/Llama-3.2-1b-it\n- local-model\ntags: [a, b]\nx: {license: no}");
        GgufMetadata metadata = Write();
        metadata["general.license"].ShouldBe("other");
        metadata["general.license.name"].ShouldBe("my-licence");
        metadata["general.license.link"].ShouldBe("LICENSE");
        metadata["general.base_model.count"].ShouldBe(2u);
        metadata["general.base_model.0.name"].ShouldBe("Llama 3.2 1b It");
        metadata["general.base_model.0.organization"].ShouldBe("Meta Llama");
        metadata["general.base_model.0.repo_url"].ShouldBe("https://huggingface.co/meta-llama/Llama-3.2-1b-it");
        metadata["general.base_model.1.name"].ShouldBe("Local Model");
        metadata["general.base_model.1.repo_url"].ShouldBeNull();
    }

    [Theory]
    [InlineData("no head")]
    [InlineData("---\nlicense: mit\nnever closed")]
    [InlineData("---\nlicense: [mit\n---\n")]
    [InlineData("---\n- license: mit\n---\n")]
    [InlineData("---\n? {a: b}\n: mit\n? [license]\n: mit\n---\n")]
    [InlineData("---\nlicense: {a: mit}\nx: &a mit\n*a : mit\n---\n")]
    [InlineData("")]
    public void A_card_that_does_not_say_a_licence_says_nothing(string text)
    {
        File.WriteAllText(Path.Combine(directory, "README.md"), text);
        Write().Select(pair => pair.Key).ShouldBe(["general.type", "general.name", "general.size_label"]);
    }

    [Fact]
    public void A_card_of_endless_brackets_says_nothing_and_does_no_harm()
    {
        Card("x: " + new string('[', 200_000));
        Write()["general.license"].ShouldBeNull();
    }

    [Theory]
    [InlineData(
        "                                 Apache License\n                           Version 2.0, January 2004",
        "apache-2.0")]
    [InlineData("LLAMA 3.2 COMMUNITY LICENSE AGREEMENT\nLlama 3.2 Version Release Date", "llama3.2")]
    [InlineData("META LLAMA 3 COMMUNITY LICENSE AGREEMENT", "llama3")]
    [InlineData("MIT License\n\nCopyright (c) X\n\nPermission is hereby granted, free of charge, to any person "
        + "obtaining a copy\nof this software and associated documentation files (the \"Software\"), to deal...\n\nThe "
        + "above copyright notice and this permission notice shall be included in all\ncopies or substantial portions "
        + "of the Software.", "mit")]
    [InlineData("All rights reserved.", null)]
    public void A_licence_without_a_card_is_known_by_its_text(string text, string? license)
    {
        File.WriteAllText(Path.Combine(directory, "LICENSE"), text);
        Write()["general.license"].ShouldBe(license);
    }

    private void Card(string head)
        => File.WriteAllText(Path.Combine(directory, "README.md"), $"---\n{head}\n---\n# A model\n");

    private GgufMetadata Write(GgufExportOptions? options = null)
    {
        var metadata = new GgufMetadata();
        GeneralMetadata.Write(metadata, directory, options ?? new GgufExportOptions(), new ParameterCount(1000));
        return metadata;
    }
}
