using System.Text.RegularExpressions;

namespace SparseLlm.Models.Gguf;

/// <summary>Recognises licences in common use by their text.</summary>
internal static partial class LicenseText
{
    private const string Community = "COMMUNITY LICENSE";

    private static readonly string[] Names = ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"];

    /// <summary>The Hub's name of the licence that lies in a directory; null where there is none or another.</summary>
    public static string? In(string directory) => Names
        .Select(name => ModelCard.TextFile(Path.Combine(directory, name)))
        .OfType<string>()
        .Select(text => Name(Blank().Replace(text, " ").Trim()))
        .FirstOrDefault();

    private static string? Name(string text)
    {
        string heading = text[..Math.Min(text.Length, 400)];
        return Llama().Match(heading) is { Success: true } llama ? $"llama{llama.Groups["version"].Value}"
            : heading.Contains("Apache License Version 2.0", StringComparison.OrdinalIgnoreCase) ? "apache-2.0"
            : text.Contains("Permission is hereby granted, free of charge, to any person obtaining a copy of this "
                + "software and associated documentation files", StringComparison.Ordinal) &&
                text.Contains("The above copyright notice and this permission notice shall be included in all copies "
                    + "or substantial portions of the Software.", StringComparison.Ordinal) ? "mit"
            : null;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex(
        @"\bLLAMA (?<version>[0-9](\.[0-9])?) " + Community,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Llama();
}
