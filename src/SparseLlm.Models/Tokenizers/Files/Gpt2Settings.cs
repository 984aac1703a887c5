using System.Globalization;
using System.Text.Json;
using SparseLlm.Models.Tokenizers.AddedTokens;

namespace SparseLlm.Models.Tokenizers.Files;

/// <summary>
/// What the files beside a vocabulary and its merges say of a GPT-2 tokenizer, read as transformers reads them when it
/// converts such a tokenizer: tokenizer_config.json, outdone by special_tokens_map.json; and added_tokens.json, unless
/// the first lists the added tokens itself.
/// </summary>
internal sealed class Gpt2Settings
{
    private const string ClassName = "tokenizer_class";
    private const string AddedName = "added_tokens_decoder";
    private const string AdditionalName = "additional_special_tokens";
    private const string BeginningName = "bos_token";
    private const string DefaultToken = "<|endoftext|>";

    /// <summary>In the order in which those that the vocabulary lacks are added to it, with what they are by
    /// default.</summary>
    private static readonly (string Name, string? Default)[] SpecialNames =
    [
        (BeginningName, DefaultToken), ("eos_token", DefaultToken), ("unk_token", DefaultToken),
        ("sep_token", null), ("pad_token", null), ("cls_token", null), ("mask_token", null),
    ];

    /// <summary>The types of models whose tokenizer is GPT-2's where nothing names another.</summary>
    private static readonly string[] ModelTypes = ["gpt2", "gpt_neo", "gptj", "opt"];

    private readonly string directory;
    private readonly TokenizerNode? settings;
    private readonly TokenizerNode? specials;
    private readonly TokenizerNode? added;

    /// <summary>Reads those of the files that a directory has.</summary>
    public Gpt2Settings(string directory)
    {
        this.directory = directory;
        this.settings = Open(TokenizerSource.Settings);
        if (this.settings?.TryGet(AddedName, out _) != true)
        {
            this.specials = Open(TokenizerSource.SpecialTokens);
            this.added = Open(TokenizerSource.AddedTokens);
        }
    }

    /// <summary>Whether text that does not begin with a space gets one.</summary>
    public bool AddsPrefixSpace => this.settings?.Flag("add_prefix_space", false) ?? false;

    /// <summary>The token that a text begins with; null if there is none.</summary>
    public string? Beginning => this.settings?.Flag("add_bos_token", false) != true ? null
        : Special(BeginningName, DefaultToken) is { Content.Length: > 0 } token ? token.Content
        : throw this.settings.Value.Malformed($"asks for a token before each text and has no '{BeginningName}'");

    /// <summary>Refuses a directory whose tokenizer is not GPT-2's, though it consists of the same files.</summary>
    public void RequireClass()
    {
        TokenizerNode? configuration = Open(TokenizerSource.Configuration);
        string? type = configuration?.OptionalText("model_type");
        string? name = this.settings?.OptionalText(ClassName)
            ?? configuration?.OptionalText(ClassName) ?? (ModelTypes.Contains(type) ? "GPT2Tokenizer" : null);
        if (name is not ("GPT2Tokenizer" or "GPT2TokenizerFast"))
        {
            throw TokenizerSource.OtherClass(this.directory, name is null
                ? $"nothing says which tokenizer {TokenizerSource.Vocabulary} and {TokenizerSource.Merges} belong to, "
                    + $"since no '{ClassName}' is named"
                : $"{TokenizerSource.Vocabulary} and {TokenizerSource.Merges} belong to a "
                    + $"'{TokenizerPlace.Excerpt(name)}', which is read from {TokenizerSource.Fast} only");
        }

        if (this.settings?.Flag("split_special_tokens", false) == true)
        {
            throw this.settings.Value.Unsupported("splits special tokens, which is not supported.");
        }
    }

    /// <summary>The added tokens, in the order in which those that the vocabulary lacks get their ids.</summary>
    public IReadOnlyList<AddedToken> AddedTokens()
    {
        List<AddedToken> specials = [.. SpecialNames.Select(special => Special(special.Name, special.Default))
            .OfType<AddedToken>()];
        if (Member(AdditionalName) is TokenizerNode additional)
        {
            specials.AddRange(additional.Items().Select(Special));
        }

        HashSet<string> contents = [.. specials.Select(special => special.Content)];
        IEnumerable<AddedToken> added = this.settings is TokenizerNode settings
            && settings.TryGet(AddedName, out TokenizerNode list)
            ? Listed(list, contents)
            : this.added is TokenizerNode separate ? Separate(separate, contents) : [];
        return [.. added.OrderBy(token => token.Id).Concat(specials).DistinctBy(token => token.Content)];
    }

    /// <summary>As tokenizer_config.json lists them: objects, by id.</summary>
    private static IEnumerable<AddedToken> Listed(TokenizerNode list, HashSet<string> specials)
    {
        foreach (JsonProperty member in list.Members())
        {
            var token = new TokenizerNode(list.Place.Member(member.Name), member.Value);
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw token.Malformed("must be named by its id");
            }

            bool isSpecial = token.Flag("special", false) || specials.Contains(token.Required("content").Text());
            yield return AddedTokenReader.Read(token, id, isSpecial, normalizedByDefault: !isSpecial);
        }
    }

    /// <summary>As added_tokens.json lists them: ids, by token.</summary>
    private static IEnumerable<AddedToken> Separate(TokenizerNode list, HashSet<string> specials)
    {
        foreach (JsonProperty member in list.Members())
        {
            bool isSpecial = specials.Contains(member.Name);
            int id = new TokenizerNode(list.Place.Member(member.Name), member.Value).Integer();
            yield return new AddedToken(
                id,
                member.Name,
                SingleWord: false,
                StripLeft: false,
                StripRight: false,
                Normalized: !isSpecial,
                isSpecial);
        }
    }

    private AddedToken? Special(string name, string? byDefault)
    {
        if (Member(name) is TokenizerNode token)
        {
            return Special(token);
        }

        bool isNamed = this.specials?.Names(name) == true || this.settings?.Names(name) == true;
        return isNamed || byDefault is null ? null : Special(byDefault);
    }

    /// <summary>A special token is written as its text, or as an object that says how it is looked for.</summary>
    private static AddedToken Special(TokenizerNode token) => token.Element.ValueKind == JsonValueKind.String
        ? Special(AddedTokenReader.Content(token))
        : AddedTokenReader.Read(token, 0, isSpecial: true, normalizedByDefault: false);

    private static AddedToken Special(string content) =>
        new(0, content, SingleWord: false, StripLeft: false, StripRight: false, Normalized: false, Special: true);

    private TokenizerNode? Member(string name) =>
        this.specials is TokenizerNode specials && specials.TryGet(name, out TokenizerNode member) ? member
        : this.settings is TokenizerNode settings && settings.TryGet(name, out member) ? member
        : null;

    private TokenizerNode? Open(string name)
    {
        string path = Path.Combine(this.directory, name);
        return File.Exists(path) ? TokenizerNode.Read(path) : null;
    }
}
