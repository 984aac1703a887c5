namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>A process that prunes a model together with others has to begin again after the last layer that is in the
/// cache: it has more windows by now, or the others are ahead of it.</summary>
internal sealed class WindowsChangedException : Exception;
