using System.Globalization;
using System.IO.Pipes;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Tool.Tests.TestWorker;

// Tests find out by this file whether and as which process the worker was started.
if (Environment.GetEnvironmentVariable("TEST_WORKER_STARTED") is { } started)
{
    File.WriteAllText(started, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}

// Native libraries print what they like where they like.
Console.WriteLine("a line on standard output");
Console.Error.WriteLine("a line on standard error");
switch (Environment.GetEnvironmentVariable("TEST_WORKER"))
{
    case "script":
        return new ScriptedWorker(args[1]).Run(Environment.GetEnvironmentVariable("TEST_WORKER_SCRIPT")!);
    case "dies":
        return 7;
    case "old":
        using (var writer = new StreamWriter(new AnonymousPipeClientStream(PipeDirection.Out, args[1])))
        {
            writer.WriteLine("""{"is":"Hello","protocol":0,"tool":"0.0.1"}""");
        }

        return 0;
    case "no device":
        return WorkerHost.Run(args, (_, _, _) => throw new NotSupportedException("there is no such\n device"));
    case "notice":
        return WorkerHost.Run(args, (_, precision, notice) =>
        {
            notice(
                $"one thread only, {precision}, and it waits {Environment.GetEnvironmentVariable("OMP_WAIT_POLICY")}");
            return new CpuBackend(1);
        });
    case "small device":
        return WorkerHost.Run(args, (_, _, _) => new CpuBackend(), _ => 1 << 20);
    default:
        return WorkerHost.Run(args, (device, _, _) => device < 2
            ? new CpuBackend()
            : throw new InvalidOperationException($"There is no device cuda:{device}: there are 2."));
}
