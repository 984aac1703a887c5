using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Recipes.Keys;

namespace SparseLlm.Recipes;

/// <summary>The JSON schema of <c>pruning.yaml</c>, for editors.</summary>
public static class RecipeSchema
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema, draft 7 (the newest that YAML editors support), made from the tables that the reader works
    /// with.</summary>
    public static string Generate()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Pruning recipe",
            ["description"] = "What dotnet sparsellm and SparseLlm.Build prune, how, and what must hold of the result.",
        };
        foreach (var (keyword, value) in RecipeKeys.All.ToSchema())
        {
            schema[keyword] = value?.DeepClone();
        }

        return schema.ToJsonString(Readable) + "\n";
    }
}
