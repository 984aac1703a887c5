namespace SparseLlm.Pipeline.Cache;

/// <summary>A <c>pruning.lock.json</c> that keeps entries of a cache from being cleared away.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Entries">How many entries it keeps.</param>
/// <param name="Bytes">Bytes of their files; another lock file may keep some of them too.</param>
internal sealed record PinningLockFile(string Path, int Entries, long Bytes);
