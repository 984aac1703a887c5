using System.Text.Json.Nodes;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Tests;

public sealed class Schema : IDisposable
{
    private const string Regenerate = "SPARSELLM_UPDATE_SCHEMA";

    private readonly RecipeFolder folder = new();
    private readonly JsonNode schema = JsonNode.Parse(RecipeSchema.Generate())!;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_checked_in_reference_is_the_generated_one_and_knows_every_key()
    {
        string path = Path.Combine(RepositoryRoot(), "docs", "recipe.md");
        if (Environment.GetEnvironmentVariable(Regenerate) == "1")
        {
            File.WriteAllText(path, RecipeReference.Generate());
        }

        File.ReadAllText(path).ShouldBe(RecipeReference.Generate());
        foreach (string key in (string[])["model", "samples", "maxIncrease", "keep", "refitSteps", "matrix", "encoding",
            "maxSize"])
        {
            File.ReadAllText(path).ShouldContain($"`{key}`");
        }
    }

    [Fact]
    public void The_checked_in_schema_is_the_generated_one()
    {
        string path = Path.Combine(RepositoryRoot(), "schemas", "pruning.schema.json");
        if (Environment.GetEnvironmentVariable(Regenerate) == "1")
        {
            File.WriteAllText(path, RecipeSchema.Generate());
        }

        File.ReadAllText(path).ReplaceLineEndings("\n").ShouldBe(
            RecipeSchema.Generate(),
            $"write it anew with 'dotnet sparsellm schema', or by running this test with {Regenerate}=1");
    }

    [Fact]
    public void The_schema_allows_the_keys_that_the_reader_knows_and_no_others()
    {
        // The reader lists what it allows when a key is far from all of them.
        const string unknown = "zzzzzzzzzzzz";
        Allowed($"{unknown}: 1\n").ShouldBe(Keys());
        Allowed($"calibration: {{ {unknown}: 1 }}\n").ShouldBe(Keys("calibration"));
        Allowed($"evaluation: {{ {unknown}: 1 }}\n").ShouldBe(Keys("evaluation"));
        Allowed($"engine: {{ {unknown}: 1 }}\n").ShouldBe(Keys("engine"));
        Allowed($"defaults: {{ {unknown}: 1 }}\n").ShouldBe(Keys("defaults"));
        Allowed($"defaults: {{ settings: {{ {unknown}: 1 }} }}\n").ShouldBe(Keys("defaults", "settings"));
        Allowed($"defaults: {{ rules: [{{ {unknown}: 1 }}] }}\n").ShouldBe(
            Names(Property("defaults", "rules")["items"]!));
        Allowed($"defaults: {{ gates: {{ x: {{ {unknown}: 1 }} }} }}\n").ShouldBe(
            Names(Property("defaults", "gates")["additionalProperties"]!));
        Allowed($"defaults: {{ gates: {{ maxSize: {{ {unknown}: 1 }} }} }}\n").ShouldBe(
            Names(Property("defaults", "gates", "maxSize")["anyOf"]![1]!));
        Allowed($"evaluation: {{ perplexity: {{ x: {{ {unknown}: 1 }} }} }}\n")
            .ShouldBe(Names(Property("evaluation", "perplexity")["additionalProperties"]!["anyOf"]![1]!));
        JsonNode artifact = Property("artifacts")["additionalProperties"]!;
        Allowed($"artifacts: {{ x: {{ {unknown}: 1 }} }}\n").ShouldBe(Names(artifact));
        Allowed($"artifacts: {{ x: {{ matrix: {{ {unknown}: 1 }} }} }}\n").ShouldBe(
            Names(artifact["properties"]!["matrix"]!));
    }

    [Fact]
    public void The_schema_offers_every_method_preset_and_setting()
    {
        Choices(Property("defaults", "method")).ShouldBe(
            Enum.GetNames<PruningMethod>().Select(name => name.ToLowerInvariant()));
        Choices(Property("defaults", "preset")).ShouldBe(Preset.All.Select(preset => preset.Name));
        Keys("defaults", "settings").ShouldBe(Setting.All.Select(setting => setting.Name));
    }

    [Fact]
    public void Every_setting_has_its_default_in_the_schema()
    {
        foreach (Setting setting in Setting.All)
        {
            string? standard = Property("defaults", "settings", setting.Name)["default"]?.ToString();
            standard.ShouldBe(setting.Default?.Text, setting.Name);
            (standard is null ? null : setting.Parse(standard)).ShouldBe(setting.Default, setting.Name);
        }
    }

    [Fact]
    public void Every_key_has_a_description_and_an_example()
    {
        foreach (JsonObject property in Properties(schema))
        {
            property["description"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
            property["examples"]!.AsArray().ShouldNotBeEmpty();
        }
    }

    private static IEnumerable<JsonObject> Properties(JsonNode? node) => node switch
    {
        JsonObject mapping => (mapping["properties"] as JsonObject ?? []).Select(property => property.Value!.AsObject())
            .Concat(mapping.SelectMany(child => Properties(child.Value))),
        JsonArray list => list.SelectMany(Properties),
        _ => [],
    };

    private static IEnumerable<string> Names(JsonNode mapping)
    {
        mapping["additionalProperties"]!.GetValue<bool>().ShouldBeFalse();
        return mapping["properties"]!.AsObject().Select(property => property.Key);
    }

    private static IEnumerable<string> Choices(JsonNode property)
        => property["anyOf"]![0]!["enum"]!.AsArray().Select(choice => choice!.GetValue<string>());

    private JsonNode Property(params string[] path)
        => path.Aggregate(schema, (node, name) => node["properties"]![name]!);

    private IEnumerable<string> Keys(params string[] path) => Names(Property(path));

    private string[] Allowed(string yaml)
    {
        const string list = "allowed: ";
        string message = folder.Read(yaml).Diagnostics.Single(diagnostic => diagnostic.Code == "SLM1003").Message;
        return message[(message.IndexOf(list, StringComparison.Ordinal) + list.Length)..].Split(", ");
    }

    internal static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "SparseLlm.Build.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
