namespace SparseLlm.Recipes.Reading;

/// <summary>A draft and its name, or the part of it that a value of a matrix makes up.</summary>
internal sealed record NamedDraft(string Name, ArtifactDraft Draft);
