using System.Text.Json;

namespace SparseLlm.Models.Tokenizers;

/// <summary>What the files beside a tokenizer say of its special tokens. Values of a wrong type say nothing.</summary>
internal sealed class TokenizerSettings
{
    private readonly TokenizerNode? settings;
    private readonly TokenizerNode?[] names;
    private readonly TokenizerNode?[] ids;

    /// <summary>Reads those of the files that a directory has.</summary>
    public TokenizerSettings(string directory)
    {
        settings = Open(directory, TokenizerSource.Settings);
        names = [settings, Open(directory, TokenizerSource.SpecialTokens)];
        ids = [Open(directory, TokenizerSource.Configuration), Open(directory, "generation_config.json")];
    }

    /// <summary>Whether decoding removes spaces before punctuation.</summary>
    public bool CleansSpaces => Flag("clean_up_tokenization_spaces") ?? true;

    /// <summary>tokenizer_config.json's <c>chat_template</c>.</summary>
    public JsonElement? ChatTemplate => Member(settings, "chat_template");

    /// <summary>The texts of special tokens by the names that transformers gives them, such as <c>bos_token</c>: as the
    /// first file that names one says.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens
    {
        get
        {
            var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty member in names.OfType<TokenizerNode>().SelectMany(file => file.Members()))
            {
                if (member.Name.EndsWith("_token", StringComparison.Ordinal) && Text(member.Value) is string token)
                {
                    tokens.TryAdd(member.Name, token);
                }
            }

            return tokens;
        }
    }

    /// <summary>A truth value of tokenizer_config.json.</summary>
    public bool? Flag(string name) => Member(settings, name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The token for a role such as <c>bos</c>: as the first file that names one which the tokenizer has, then
    /// as the first that gives an id.</summary>
    /// <param name="role">The role.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="size">Ids are below.</param>
    public int? Id(string role, Tokenizer tokenizer, int size)
    {
        int? named = names.Select(file => Text(Member(file, $"{role}_token"))).OfType<string>().Select(tokenizer.Id)
            .FirstOrDefault(id => id is not null);
        return named ?? ids.Select(file => Number(Member(file, $"{role}_token_id")))
            .FirstOrDefault(id => id is >= 0 && id < size);
    }

    /// <summary>A token is written as its text, or as an object that says how it is looked for.</summary>
    private static string? Text(JsonElement? token) => token switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } added when added
            .TryGetProperty("content", out JsonElement content) => Text(content),
        _ => null,
    };

    /// <summary>An id is written as it is, or as the first of several.</summary>
    private static int? Number(JsonElement? id) => id switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) => value,
        { ValueKind: JsonValueKind.Array } several when several.GetArrayLength() > 0
            && several[0].ValueKind == JsonValueKind.Number => Number(several[0]),
        _ => null,
    };

    private static JsonElement? Member(TokenizerNode? file, string name) =>
        file is TokenizerNode node && node.TryGet(name, out TokenizerNode member) ? member.Element : null;

    private static TokenizerNode? Open(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        return File.Exists(path) ? TokenizerNode.Read(path) : null;
    }
}
