namespace SparseLlm.Tool.Generating;

/// <summary>How what is said to a model becomes its prompt.</summary>
internal interface IPrompting
{
    /// <summary>The tokens of all that was said, and of a text that is said now.</summary>
    int[] Prompt(string text);

    /// <summary>Remembers what was said, and what the model has answered.</summary>
    void Add(string text, string answer);

    /// <summary>Forgets everything.</summary>
    void Clear();
}
