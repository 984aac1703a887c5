using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Runtime.Tests.Chat;

/// <summary>Templates in the manner of those that the supported families are published with, against what jinja2 makes
/// of them as transformers sets it up.</summary>
public sealed class PublishedTemplates
{
    private static string Folder
        => Path.Combine(Repository.Root, "tests", "SparseLlm.Runtime.Tests", "Chat", "Templates");

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string path in Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal))
            {
                string template = Path.GetFileNameWithoutExtension(path);
                foreach (JsonNode? written in Read(template))
                {
                    cases.Add(template, (string)written!["name"]!);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_conversation_becomes_the_text_that_transformers_makes(string template, string name)
    {
        JsonObject written = Read(template).Single(node => (string)node!["name"]! == name)!.AsObject();
        ChatTemplate parsed = ChatTemplate.Parse(File.ReadAllText(Path.Combine(Folder, $"{template}.jinja")));
        string Render() => parsed.Render([], new ChatTemplateOptions
        {
            Variables = written["variables"]!.AsObject().ToDictionary(),
            Time = new FixedTime()
        });
        if (written["refusal"] is JsonNode refusal)
        {
            Diagnostic diagnostic = Should.Throw<DiagnosticException>(Render).Diagnostics.ShouldHaveSingleItem();
            diagnostic.Descriptor.ShouldBe(ChatDiagnostics.Refused);
            diagnostic.Message.ShouldContain((string)refusal!);
        }
        else
        {
            Render().ShouldBe((string)written["expected"]!);
        }
    }

    private static JsonArray Read(string template)
        => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{template}.json")))!.AsArray();
}
