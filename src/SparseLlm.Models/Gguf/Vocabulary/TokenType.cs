namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>What a token is to llama.cpp, by the numbers of <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenType
{
    /// <summary>Made by merges.</summary>
    Normal = 1,

    /// <summary>Stands for what has no token.</summary>
    Unknown = 2,

    /// <summary>Found in text only where the caller asks for special tokens, and not shown.</summary>
    Control = 3,

    /// <summary>Found in every text before it is cut into words.</summary>
    UserDefined = 4,

    /// <summary>A filler for an id without a token.</summary>
    Unused = 5,

    /// <summary>One byte.</summary>
    Byte = 6,
}
