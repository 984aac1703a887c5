namespace SparseLlm.Hub;

/// <summary>How far a download is.</summary>
/// <param name="File">The path of the file that is being brought.</param>
/// <param name="Done">Bytes that are here, of all files together; what was here before counts.</param>
/// <param name="Total">Bytes of all files together.</param>
public sealed record HubProgress(string File, long Done, long Total);
