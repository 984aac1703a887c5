using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Recipes.Reading;

/// <summary>The types of GGUF files that the recipe names in one place.</summary>
internal sealed record ExportTypes(IReadOnlyList<GgufElementType> Types, SourceLocation Location);
