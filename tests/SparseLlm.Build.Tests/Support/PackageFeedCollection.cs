namespace SparseLlm.Build.Tests.Support;

/// <summary>The tests that share one packing of the packages.</summary>
[CollectionDefinition(Name)]
public sealed class PackageFeedCollection : ICollectionFixture<PackageFeed>
{
    public const string Name = "Packages";
}
