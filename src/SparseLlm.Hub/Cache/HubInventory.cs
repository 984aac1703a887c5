namespace SparseLlm.Hub.Cache;

/// <summary>What there is in the hub's cache, for people.</summary>
/// <param name="Models">Models of which there is something.</param>
/// <param name="Datasets">Data sets of which there is something.</param>
/// <param name="Bytes">The length of all files in them; what several commits share is counted once.</param>
public sealed record HubInventory(int Models, int Datasets, long Bytes)
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true
    };

    /// <summary>Looks through a cache; one that is not there is empty.</summary>
    /// <param name="cacheDirectory">As <see cref="HubOptions.CacheDirectory"/> has it.</param>
    public static HubInventory Of(string cacheDirectory)
    {
        string[] models = Repositories("models--*");
        string[] datasets = Repositories("datasets--*");
        return new HubInventory(models.Length, datasets.Length, models.Concat(datasets)
            .Sum(repository => new DirectoryInfo(repository).EnumerateFiles("*", Everything).Sum(Length)));

        string[] Repositories(string pattern)
            => Directory.Exists(cacheDirectory) ? Directory.GetDirectories(cacheDirectory, pattern) : [];
    }

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Removed in this moment.
            return 0;
        }
    }
}
