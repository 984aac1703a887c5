using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// The files beside a model's weights that loaders read - configuration, tokenizer, templates, processors, code of its
/// own - and those that say what may be done with it. They go along with a pruned copy.
/// </summary>
public static class CompanionFiles
{
    private const int LongestConfiguration = 1 << 26;
    private const string Configurations = "*config.json";
    private const string Code = "*.py";

    private static readonly string[] Patterns =
    [
        "config.json", "generation_config.json",
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "vocab.txt", "merges.txt", "*.model", "*.model.v*", "*.tiktoken",
        "chat_template.json", "*.jinja",
        "*processor_config.json",

        // What Mistral's own loaders read.
        "params.json", "tekken.json",
        "LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "USE_POLICY*",
    ];

    private static readonly (string Folder, string Pattern)[] PatternsInFolders =
    [
        ("additional_chat_templates", "*.jinja"),
        ("custom_generate", Code),
        ("custom_generate", "requirements.txt"),
    ];

    /// <summary>Their paths relative to the directory, with <c>/</c> between folders, in ordinal order. Those that are
    /// not there are not missed.</summary>
    /// <exception cref="DiagnosticException">A configuration cannot be read, or a name cannot be kept
    /// everywhere.</exception>
    public static IReadOnlyList<string> Of(string directory)
    {
        string[] names = [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];
        string[] patterns = HasCode(directory, names) ? [.. Patterns, Code] : Patterns;
        string[] found =
        [
            .. names.Where(name => patterns.Any(pattern => Matches(pattern, name))),
            .. PatternsInFolders.SelectMany(place => InFolder(directory, place.Folder, place.Pattern)),
        ];
        foreach (string name in found)
        {
            RequirePortable(directory, name);
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether a file of a repository can be one of them, as far as its path tells.</summary>
    /// <param name="path">Relative to the repository, with <c>/</c> between folders.</param>
    public static bool MayBelong(string path) => path.Split('/') switch
    {
        [var name] => Patterns.Append(Code).Any(pattern => Matches(pattern, name)),
        [var folder, var name] => PatternsInFolders.Any(
            place => place.Folder == folder && Matches(place.Pattern, name)),
        _ => false,
    };

    /// <summary>Copies them.</summary>
    /// <exception cref="DiagnosticException">A file cannot be copied.</exception>
    public static void Copy(string sourceDirectory, string directory)
        => Copy(sourceDirectory, directory, Of(sourceDirectory));

    /// <summary>Copies files to the same places in another directory.</summary>
    /// <param name="sourceDirectory">The one directory.</param>
    /// <param name="directory">The other.</param>
    /// <param name="names">Their paths relative to it.</param>
    /// <exception cref="DiagnosticException">A file cannot be copied.</exception>
    public static void Copy(string sourceDirectory, string directory, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            FileBytes.Copy(Path.Combine(sourceDirectory, name), Path.Combine(directory, name));
        }
    }

    /// <summary>
    /// Whether the model brings code along. Looked for as text: the configurations are not ours to understand, and a
    /// word too much in one of them copies a few files too many.
    /// </summary>
    private static bool HasCode(string directory, IEnumerable<string> names) =>
        names.Where(name => Matches(Configurations, name))
            .Any(name => Mentions(Path.Combine(directory, name), "\"auto_map\""u8));

    private static bool Mentions(string path, ReadOnlySpan<byte> word)
    {
        using SafeFileHandle file = FileBytes.Open(path);
        byte[] bytes = new byte[Math.Min(LongestConfiguration, RandomAccess.GetLength(file))];
        FileBytes.Read(file, 0, bytes, path);
        return bytes.AsSpan().IndexOf(word) >= 0;
    }

    private static IEnumerable<string> InFolder(string directory, string folder, string pattern)
    {
        string path = Path.Combine(directory, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Select(Path.GetFileName).Where(name => Matches(pattern, name!))
                .Select(name => $"{folder}/{name}")
            : [];
    }

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name);

    /// <summary>Artifacts are kept in caches that every system shares.</summary>
    private static void RequirePortable(string directory, string name)
    {
        if (name.IndexOfAny(['\\', ':']) >= 0)
        {
            throw ModelDiagnostics.NameNotPortable.Error(
                new SourceLocation(Path.Combine(directory, name)),
                    "the file belongs to the model, and not every system allows its name; rename it");
        }
    }
}
