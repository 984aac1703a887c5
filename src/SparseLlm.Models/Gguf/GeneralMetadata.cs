using System.Globalization;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf;

/// <summary>What a GGUF file says of a model as a whole: its name, size, licence and what it was made from.</summary>
internal static class GeneralMetadata
{
    private const string BaseModel = "general.base_model";

    /// <summary>Adds the pairs.</summary>
    /// <param name="metadata">Receives them.</param>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="options">May name the model, its card, and what it was made from.</param>
    /// <param name="parameters">How many parameters it has.</param>
    public static void Write(
        GgufMetadata metadata,
        string directory,
        GgufExportOptions options,
        ParameterCount parameters)
    {
        ModelCard card = ModelCard.Read(options.CardDirectory ?? directory);
        metadata.Set("general.type", "model");
        metadata.Set("general.name", options.Name ?? ModelName.Of(directory));
        if (parameters.Total > 0)
        {
            metadata.Set("general.size_label", parameters.Label);
        }

        WriteLicense(metadata, card, directory);
        if (options.Provenance[$"{BaseModel}.count"] is null)
        {
            WriteBaseModels(metadata, card.Texts("base_model"));
        }
    }

    private static void WriteLicense(GgufMetadata metadata, ModelCard card, string directory)
    {
        string[] names = [.. card.Texts("license")];
        if ((names.Length > 0 ? string.Join(", ", names) : LicenseText.In(directory)) is string license)
        {
            metadata.Set("general.license", license);
        }

        if (card.Texts("license_name") is [string name, ..])
        {
            metadata.Set("general.license.name", name);
        }

        if (card.Texts("license_link") is [string link, ..])
        {
            metadata.Set("general.license.link", link);
        }
    }

    /// <summary>Models are named by their owner and name on the Hub.</summary>
    private static void WriteBaseModels(GgufMetadata metadata, IReadOnlyList<string> models)
    {
        if (models.Count == 0)
        {
            return;
        }

        metadata.Set($"{BaseModel}.count", models.Count);
        for (int i = 0; i < models.Count; i++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"{BaseModel}.{i}");
            string[] parts = models[i].Split('/');
            metadata.Set($"{key}.name", Title(parts[^1]));
            if (parts is [{ Length: > 0 } owner, { Length: > 0 }])
            {
                metadata.Set($"{key}.organization", Title(owner));
                metadata.Set($"{key}.repo_url", $"https://huggingface.co/{models[i]}");
            }
        }
    }

    /// <summary>A name with spaces for hyphens, and words in lower case capitalised unless they begin with a
    /// digit.</summary>
    private static string Title(string name)
        => string.Join(' ', name.Split(['-', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Capitalised));

    private static string Capitalised(string word)
    {
        bool isVersion = char.IsAsciiDigit(word[0])
            || (word.Length > 1 && word[0] == 'v' && char.IsAsciiDigit(word[1]));
        return isVersion || word.Any(char.IsUpper) ? word : char.ToUpperInvariant(word[0]) + word[1..];
    }
}
