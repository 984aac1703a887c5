using Microsoft.Build.Logging.StructuredLogger;
using Task = Microsoft.Build.Logging.StructuredLogger.Task;

namespace SparseLlm.Build.Tests.Support;

/// <summary>What a build did and said.</summary>
internal sealed record BuildResult(int ExitCode, string Output, string BinaryLog)
{
    /// <summary>How many times the task that starts the tool was executed.</summary>
    public int Prunes => Log?.FindChildrenRecursive<Task>(task => task.Name == "PruneModels").Count ?? 0;

    /// <summary>All that it said, what only a detailed log shows included.</summary>
    public IEnumerable<string> Messages => Log?.FindChildrenRecursive<Message>().Select(message => message.Text) ?? [];

    private Microsoft.Build.Logging.StructuredLogger.Build? Log => BinaryLog.Length == 0
        ? null
        : Microsoft.Build.Logging.StructuredLogger.BinaryLog.ReadBuild(BinaryLog);

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
