using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>calibration</c>.</summary>
internal sealed class CalibrationReader(ReadingContext context, TextSourceReader texts)
{
    /// <summary>The calibration data; null if it is no mapping.</summary>
    public CalibrationSource? Read(YamlEntry entry)
    {
        if (context.Open(entry, CalibrationKeys.All) is not { } section)
        {
            return null;
        }

        var settings = new CalibrationSettings();
        if (section.Find(CalibrationKeys.Samples) is { } samples)
        {
            settings = settings with
            {
                Samples = context.Scalars.Integer(CalibrationKeys.Samples, samples)
                ?? settings.Samples
            };
        }

        if (section.Find(TextKeys.SequenceLength) is { } length)
        {
            settings = settings with { SequenceLength = context.Scalars.Integer(TextKeys.SequenceLength, length) };
        }

        if (section.Find(CalibrationKeys.Sampling) is { } sampling
            && context.Scalars.Choice(CalibrationKeys.Sampling, sampling) is { } name)
        {
            settings = settings with { Sampling = EnumNames.Parse<Sampling>(name) };
        }

        if (section.Find(CalibrationKeys.Seed) is { } seed)
        {
            settings = settings with { Seed = context.Scalars.Integer(CalibrationKeys.Seed, seed) ?? settings.Seed };
        }

        return new CalibrationSource(
            texts.Read(section, texts.DataSet(section)?.Calibration),
            settings,
            entry.Key.Location);
    }
}
