using System.Text.RegularExpressions;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>executor</c>.</summary>
internal sealed partial class ExecutorReader(ReadingContext context)
{
    /// <summary>What is asked of Slurm; null where there is nothing, or a mistake.</summary>
    public SlurmChoice? Read(YamlEntry entry)
    {
        if (context.Open(entry, ExecutorKeys.All) is not { } executor
            || executor.Require(ExecutorKeys.Slurm) is null
            || Section.OpenOrEmpty(
                "'slurm'",
                executor.Entry(ExecutorKeys.Slurm)!.Key.Location,
                executor.Find(ExecutorKeys.Slurm)!,
                SlurmKeys.All,
                context.Diagnostics) is not { } slurm)
        {
            return null;
        }

        return new SlurmChoice
        {
            Partition = Text(slurm, SlurmKeys.Partition, Names(), "a name, or several with commas"),
            Time = Time(slurm),
            Gres = Text(slurm, SlurmKeys.Gres, Names(), "resources like gpu:1"),
            Memory = Text(slurm, SlurmKeys.Memory, Size(), "a size like 32G"),
            Cpus = slurm.Find(SlurmKeys.Cpus) is { } cpus ? context.Scalars.Integer(SlurmKeys.Cpus, cpus) : null,
            Extra = slurm.Find(SlurmKeys.Extra) is { } extra ? Options(extra) : [],
        };
    }

    private string? Time(Section slurm)
    {
        if (slurm.Find(SlurmKeys.Time) is not { } node
            || context.Scalars.Text(SlurmKeys.Time.Name, node) is not { } text)
        {
            return null;
        }

        if (SlurmTime.Parse(text) is not null)
        {
            return text;
        }

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
            $"'time' must be a time as Slurm writes it, found '{text}'; write it in quotes, like \"4:00:00\" for four "
            + "hours, \"30\" for thirty minutes or \"1-12\" for a day and a half");
        return null;
    }

    private string? Text(Section slurm, RecipeKey key, Regex form, string expected)
    {
        if (slurm.Find(key) is not { } node || context.Scalars.Text(key.Name, node) is not { } text)
        {
            return null;
        }

        if (form.IsMatch(text))
        {
            return text;
        }

        context.Diagnostics.Add(
            RecipeDiagnostics.InvalidValue,
            node.Location,
            $"'{key.Name}' must be {expected}, found '{text}'");
        return null;
    }

    private string[] Options(YamlNode node)
    {
        IReadOnlyList<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        var options = new List<string>();
        foreach (YamlNode item in items)
        {
            if (context.Scalars.Text(SlurmKeys.Extra.Name, item) is not { } option)
            {
                continue;
            }

            // Anything else would be taken for the script.
            if (option.StartsWith('-'))
            {
                options.Add(option);
            }
            else
            {
                context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, item.Location,
                    $"'extra' has options of sbatch, found '{option}'; write an option and its value as one, like "
                    + "--account=research");
            }
        }

        return [.. options];
    }

    [GeneratedRegex(@"^\w[\w.,:=@+-]*$")]
    private static partial Regex Names();

    [GeneratedRegex(@"^[0-9]+[KMGT]?$")]
    private static partial Regex Size();
}
