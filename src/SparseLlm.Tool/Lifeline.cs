using System.IO.Pipes;

namespace SparseLlm.Tool;

/// <summary>
/// A pipe that a build system holds open while it waits for this process. A signal that ends the build system does not
/// come here, and a process that was killed tells nobody; the end of the pipe comes in both cases.
/// </summary>
internal static class Lifeline
{
    /// <summary>The environment variable with the handle of this end.</summary>
    private const string Variable = "SPARSELLM_LIFELINE";

    /// <summary>Calls back once nobody holds the other end any more; never where there is no such pipe.</summary>
    public static void Watch(Action cut)
    {
        if (Open() is not { } pipe)
        {
            return;
        }

        new Thread(() =>
        {
            using (pipe)
            {
                Drain(pipe);
            }

            cut();
        })
        { IsBackground = true, Name = "lifeline" }.Start();
    }

    private static AnonymousPipeClientStream? Open()
    {
        string? handle = Environment.GetEnvironmentVariable(Variable);

        // It is for this process, and not for those that it starts.
        Environment.SetEnvironmentVariable(Variable, null);
        try
        {
            return string.IsNullOrEmpty(handle) ? null : new AnonymousPipeClientStream(PipeDirection.In, handle);
        }
        catch (Exception exception) when (exception is ArgumentException or IOException)
        {
            // Somebody else's variable.
            return null;
        }
    }

    private static void Drain(AnonymousPipeClientStream pipe)
    {
        try
        {
            while (pipe.ReadByte() >= 0)
            {
            }
        }
        catch (IOException)
        {
            // An end of its own kind.
        }
    }
}
