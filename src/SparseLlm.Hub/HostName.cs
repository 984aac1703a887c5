namespace SparseLlm.Hub;

/// <summary>The host in an address.</summary>
internal static class HostName
{
    /// <summary>Whether the host of an address is one: of international names that is found out late.</summary>
    public static bool IsValid(Uri address)
    {
        try
        {
            return Uri.CheckHostName(address.Host) != UriHostNameType.Unknown && address.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}
