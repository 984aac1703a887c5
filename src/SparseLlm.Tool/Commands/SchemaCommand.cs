using System.CommandLine;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm schema</c>: the JSON schema of pruning.yaml.</summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Print the JSON schema of pruning.yaml, for editors.");
        command.SetWork((_, _) =>
        {
            Console.Out.Write(RecipeSchema.Generate());
            return ExitCodes.Done;
        });
        return command.WithExamples([new("schema > pruning.schema.json", "Renew the schema that init wrote."),]);
    }
}
