using System.IO;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>
/// Says again what the last run of each recipe has warned of. The tool is not started where nothing has changed, and a
/// build that is silent then would pass with <c>-warnaserror</c> where the one before has failed.
/// </summary>
public sealed class RepeatWarnings : Task
{
    /// <summary>The recipes whose tool was not started; the metadata <c>Run</c> is the path, without extension, of the
    /// notes on their last run.</summary>
    [Required]
    public ITaskItem[] Recipes { get; set; } = [];

    /// <summary>The address of the folder of the pages that explain codes.</summary>
    public string HelpPages { get; set; } = "";

    /// <inheritdoc />
    public override bool Execute()
    {
        foreach (ITaskItem recipe in Recipes)
        {
            ToolManifest.WarnOfOther(recipe.GetMetadata("FullPath"), Log, HelpPages);
            string warnings = recipe.GetMetadata("Run") + ".warnings";
            foreach (string line in File.Exists(warnings) ? File.ReadAllLines(warnings) : [])
            {
                ToolMessage.Read(line)?.LogTo(Log, HelpPages);
            }
        }

        return !Log.HasLoggedErrors;
    }
}
