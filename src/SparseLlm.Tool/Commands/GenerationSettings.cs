using System.CommandLine;
using System.Globalization;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Tool.Commands;

/// <summary>The options of a command that say how tokens are chosen and when a text ends. What is not said is as the
/// model's authors recommend.</summary>
internal sealed class GenerationSettings
{
    private readonly Option<int?> maximum = CommandAction.AtLeast(1, new Option<int?>("--max-tokens")
    {
        Description = "The most tokens of an answer; by default as many as the context has room for."
    });
    private readonly Option<float?> temperature = Number(
        "--temperature",
        0,
        float.MaxValue,
        "Higher is more varied; 0 takes the most likely token always.");
    private readonly Option<int?> topK = CommandAction.AtLeast(
        0,
        new Option<int?>("--top-k") { Description = "Choose among so many of the most likely tokens; 0 for all." });
    private readonly Option<float?> topP = Number(
        "--top-p",
        0,
        1,
        "Choose among the fewest most likely tokens whose probabilities sum to this.");
    private readonly Option<float?> minP = Number(
        "--min-p",
        0,
        1,
        "Choose among tokens at least so likely, relative to the most likely one.");
    private readonly Option<float?> penalty = Number(
        "--repetition-penalty",
        float.Epsilon,
        float.MaxValue,
        "Above 1, tokens that are there already become less likely.");
    private readonly Option<int?> seed = new("--seed")
    {
        Description = "The same seed gives the same text; another one each time by default."
    };
    private readonly Option<string[]> stop = new("--stop")
    {
        Description = "End the answer before this text. May be given more than once.",
        AllowMultipleArgumentsPerToken = false
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[maximum, temperature, topK, topP, minP, penalty, seed, stop])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was asked for, for a model.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The model's generation_config.json is malformed.</exception>
    public GenerationOptions Of(ParseResult arguments, LanguageModel model)
    {
        GenerationOptions recommended = model.RecommendedOptions;

        // Who names a way of sampling and no temperature wants sampling.
        bool samples = arguments.GetValue(topK) > 1 || arguments.GetValue(topP) is not null
            || arguments.GetValue(minP) is not null;
        return recommended with
        {
            MaximumTokens = arguments.GetValue(maximum),
            Temperature = arguments.GetValue(temperature) ?? (samples && recommended.Temperature == 0
                ? 1
                : recommended.Temperature),
            TopK = arguments.GetValue(topK) ?? recommended.TopK,
            TopP = arguments.GetValue(topP) ?? recommended.TopP,
            MinP = arguments.GetValue(minP) ?? recommended.MinP,
            RepetitionPenalty = arguments.GetValue(penalty) ?? recommended.RepetitionPenalty,
            Seed = arguments.GetValue(seed),
            StopStrings = arguments.GetValue(stop) is { Length: > 0 } stops ? stops : recommended.StopStrings,
        };
    }

    /// <summary>A number in a range, with a point for decimals whatever the culture.</summary>
    private static Option<float?> Number(string name, float least, float greatest, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number)
                && number >= least
                && number <= greatest)
            {
                return number;
            }

            string range = greatest == 1
                ? "a number from 0 to 1"
                : least == 0 ? "a number from 0 on" : "a number above 0";
            result.AddError($"{name} is '{text}', and has to be {range}, with a point for decimals");
            return null;
        },
    };
}
