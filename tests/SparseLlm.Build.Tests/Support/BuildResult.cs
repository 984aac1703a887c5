using Microsoft.Build.Logging.StructuredLogger;

namespace SparseLlm.Build.Tests.Support;

/// <summary>What a build did and said.</summary>
internal sealed record BuildResult(int ExitCode, string Output, string BinaryLog)
{
    /// <summary>How many times the task that starts the tool was executed.</summary>
    public int Prunes => BinaryLog.Length == 0
        ? 0
        : Microsoft.Build.Logging.StructuredLogger.BinaryLog.ReadBuild(BinaryLog)
            .FindChildrenRecursive<Microsoft.Build.Logging.StructuredLogger.Task>(
                task => task.Name == "PruneModels").Count;

    public BuildResult ShouldSucceed()
    {
        ExitCode.ShouldBe(0, Output);
        return this;
    }

    public BuildResult ShouldFail()
    {
        ExitCode.ShouldNotBe(0, Output);
        return this;
    }
}
