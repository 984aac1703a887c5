namespace SparseLlm.Files;

/// <summary>What a name in the file system stands for, once links have been followed.</summary>
public enum FileKind
{
    /// <summary>The system does not tell; reading it will.</summary>
    Unknown,

    /// <summary>A file with bytes of its own.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe with a name (FIFO): opening it waits for somebody at the other end.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device, which may have no end.</summary>
    Device,
}
