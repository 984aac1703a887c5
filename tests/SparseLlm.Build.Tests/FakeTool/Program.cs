using System.Diagnostics;
using System.IO.Pipes;
using SparseLlm.Build.Tests.FakeTool;

// One line for each process started: what the tests count.
Invocation invocation = Invocation.Parse(args);
File.AppendAllText(
    invocation.Recipe + ".calls",
    string.Join(' ', args.Select(argument => argument.Contains(' ') ? $"[{argument}]" : argument)) + "\n");

var script = Script.Read(invocation.Recipe);
foreach (string line in script.Say)
{
    Console.WriteLine(line);
    Console.Error.WriteLine(line);
}

foreach (string warning in script.Warn)
{
    Console.Error.WriteLine(warning);
}

if (script.Fail is { } diagnostic)
{
    Console.Error.WriteLine(diagnostic);
    return 2;
}

if (script.End is { } code)
{
    if (code < 0)
    {
        Process.GetCurrentProcess().Kill();
    }

    return code;
}

if (script.Wait)
{
    using var lifeline = new AnonymousPipeClientStream(
        PipeDirection.In,
        Environment.GetEnvironmentVariable("SPARSELLM_LIFELINE")!);
    File.WriteAllText(invocation.Recipe + ".waiting", "");
    lifeline.ReadByte();
    File.WriteAllText(invocation.Recipe + ".asked", "");
    return 143;
}

Thread.Sleep(script.Pause);
script.Make(invocation);
if (script.Miss is { } missed)
{
    Console.Error.WriteLine(missed);
    return 1;
}

Console.WriteLine("Made " + string.Join(", ", script.ArtifactsOf(invocation)));
return 0;
