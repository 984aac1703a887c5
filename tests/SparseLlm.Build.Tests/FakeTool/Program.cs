using System.Runtime.InteropServices;
using SparseLlm.Build.Tests.FakeTool;

// One line for each process started: what the tests count.
Invocation invocation = Invocation.Parse(args);
File.AppendAllText(invocation.Recipe + ".calls", string.Join(' ', args) + "\n");

var script = Script.Read(invocation.Recipe);
if (script.Fail is { } diagnostic)
{
    Console.Error.WriteLine(diagnostic);
    return 2;
}

if (script.Wait)
{
    using var interrupted = new ManualResetEventSlim();
    using PosixSignalRegistration registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
    {
        context.Cancel = true;
        interrupted.Set();
    });
    File.WriteAllText(invocation.Recipe + ".waiting", "");
    interrupted.Wait(TimeSpan.FromMinutes(2));
    File.WriteAllText(invocation.Recipe + ".interrupted", "");
    return 130;
}

script.Make(invocation);
Console.WriteLine("Made " + string.Join(", ", script.ArtifactsOf(invocation)));
return 0;
