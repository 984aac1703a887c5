using System.Globalization;
using System.Text;
using SparseLlm.Models.Tokenizers;
using Xunit.Abstractions;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>
/// Every tokenizer.json at hand, read by the tokenizers library of Hugging Face as well: both must give the same ids,
/// and the same text for them. SPARSELLM_TOKENIZERS names a folder with more of them, such as those of models in use.
/// </summary>
public sealed class SameAsHuggingFace(ITestOutputHelper output) : IDisposable
{
    private const int Texts = 40;
    private const int LengthOfProse = 20_000;

    private readonly TempDirectory directory = new();

    public static TheoryData<string> Models => ["tiny-llama", "tiny-opt"];

    public static TheoryData<string> Variations => LibraryCases.Variations;

    public void Dispose() => directory.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Prose_has_the_same_ids(string model)
    {
        string[] texts = [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples", "data"), "*.txt")
            .Select(path => File.ReadAllText(path))
            .Select(text => text[..Math.Min(text.Length, LengthOfProse)])];
        texts.ShouldNotBeEmpty();
        ShouldAgree(Path.Combine(Repository.Model(model), "tokenizer.json"), _ => texts);
    }

    /// <summary>What each asks of a character: its category, whether it is of a word, its parts, its lower
    /// case.</summary>
    [SkippableTheory]
    [InlineData("o200k")]
    [InlineData("w")]
    [InlineData("NFD")]
    [InlineData("NFKC")]
    [InlineData("Lowercase")]
    public void Every_character_has_the_same_ids(string variation)
    {
        // What a character is may show only between others; and the library takes long for long texts.
        string[] texts = [.. AssignedCharacters().Chunk(1000).Select(chunk =>
            string.Concat(chunk.Select(character => $"a{character}1")))];
        LibraryCases.Json(variation).Write(directory.Path);
        ShouldAgree(directory["tokenizer.json"], _ => texts);
    }

    [SkippableTheory]
    [MemberData(nameof(Variations))]
    public void Random_texts_have_the_same_ids(string variation)
    {
        LibraryCases.Json(variation).Write(directory.Path);
        ShouldAgree(directory["tokenizer.json"], tokenizer => RandomTexts(tokenizer, seed: 20260101));
    }

    [SkippableFact]
    public void Random_texts_have_the_same_ids_with_tokenizers_in_use()
    {
        string? folder = Environment.GetEnvironmentVariable("SPARSELLM_TOKENIZERS");
        Skip.If(folder is null, "SPARSELLM_TOKENIZERS does not name a folder with tokenizer.json files");
        string[] files = Directory.GetFiles(folder, "tokenizer.json", SearchOption.AllDirectories);
        files.ShouldNotBeEmpty();
        foreach (string file in files)
        {
            ShouldAgree(file, tokenizer => RandomTexts(tokenizer, seed: 20260101));
            output.WriteLine($"{file} agrees");
        }
    }

    /// <summary>The characters of the planes that have more than ideographs.</summary>
    private static IEnumerable<Rune> AssignedCharacters() => Enumerable.Range(0, 0x20000).Where(Rune.IsValid)
        .Select(value => new Rune(value))
        .Where(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherNotAssigned or
            UnicodeCategory.PrivateUse));

    private static IEnumerable<string> RandomTexts(Tokenizer tokenizer, int seed)
    {
        var random = new RandomText(tokenizer, seed);
        return Enumerable.Range(0, Texts).Select(_ => random.Next());
    }

    private static void ShouldAgree(string path, Func<Tokenizer, IEnumerable<string>> texts)
    {
        using HuggingFaceLibrary library = HuggingFaceLibrary.Read(path);
        Tokenizer tokenizer = Tokenizer.Load(Path.GetDirectoryName(path)!);
        foreach (string text in texts(tokenizer))
        {
            int[] ids = library.Encode(text);
            tokenizer.Encode(text).ShouldBe(ids, $"{path}: {Escaped(text)}");
            tokenizer.Decode(ids).ShouldBe(library.Decode(ids), $"{path}: {string.Join(' ', ids)}");
        }
    }

    private static string Escaped(string text) => string.Concat(text.Select(unit =>
        unit is >= ' ' and <= '~' ? unit.ToString() : $"\\u{(int)unit:X4}"));
}
