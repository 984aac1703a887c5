using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SparseLlm.Tool.Tests.Slurm;

/// <summary>A Slurm of its own: one controller and two nodes of one processor each, all of them processes of this user
/// on this machine. The benchmark of clusters has it too.</summary>
public sealed class SlurmCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    private static readonly string[] Ready = [" idle", " allocated", " mixed"];

    private readonly TempDirectory directory = new();
    private readonly Dictionary<string, Process> daemons = [];

    /// <summary>Starts the cluster, where Slurm is installed.</summary>
    public SlurmCluster()
    {
        if (Missing is null)
        {
            Start();
        }
    }

    /// <summary>The nodes.</summary>
    public static IReadOnlyList<string> Nodes { get; } = ["n1", "n2"];

    /// <summary>Why there is no cluster here; null where there is one.</summary>
    public static string? Missing { get; } =
        ((string[])["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"])
        .Where(command => Find(command) is null)
        .Select(command => $"there is no {command} here")
        .FirstOrDefault();

    /// <summary>What a process needs to find the cluster.</summary>
    public Dictionary<string, string> Environment => new() { ["SLURM_CONF"] = Configuration };

    private string Configuration => directory["slurm.conf"];

    /// <summary>Runs one of Slurm's commands.</summary>
    /// <returns>What it prints.</returns>
    public string Run(string command, params string[] arguments)
    {
        using Process process = Start(command, arguments);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>Kills a node without a word, and everything that runs on it.</summary>
    public void Kill(string node)
    {
        daemons[node].Kill();
        daemons[node].WaitForExit();
        foreach (int process in OnNode(node))
        {
            using Process found = Process.GetProcessById(process);
            found.Kill();
        }

        Run("scontrol", "update", $"nodename={node}", "state=down", "reason=test");
    }

    /// <summary>What the jobs of a node have started: the steps' own processes first, so that they cannot tell the
    /// controller of the others' end.</summary>
    private int[] OnNode(string node) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
            .Where(name => Proc(name!, "environ").Split('\0') is var variables
                && variables.Contains($"SLURM_CONF={Configuration}")
                && (variables.Contains($"SLURMD_NODENAME={node}") || Proc(name!, "cmdline").Contains("slurmstepd")))
            .OrderByDescending(name => Proc(name!, "cmdline").Contains("slurmstepd"))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))];

    private static string Proc(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine("/proc", process, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Brings a node back.</summary>
    public void Revive(string node)
    {
        StartNode(node);
        WaitForNodes();
    }

    /// <summary>Ends the controller as a service manager does, and starts it again.</summary>
    /// <param name="meanwhile">Done while there is none.</param>
    public void RestartController(Action meanwhile)
    {
        Run("kill", daemons["slurmctld"].Id.ToString(CultureInfo.InvariantCulture));
        daemons["slurmctld"].WaitForExit();
        meanwhile();
        daemons["slurmctld"] = Start("slurmctld", "-D");
        WaitForNodes();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Missing is null)
        {
            Run("scancel", "--user", System.Environment.UserName);
        }

        foreach (Process process in daemons.Values)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        directory.Dispose();
    }

    private static string? Find(string command) =>
        Folders.Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);

    private void Start()
    {
        string key = directory["munge.key"];
        File.WriteAllBytes(key, RandomNumberGenerator.GetBytes(128));
        if (!OperatingSystem.IsWindows())
        {
            // Munge wants its key to itself.
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Directory.CreateDirectory(directory["state"]);
        File.WriteAllText(Configuration, Configure());
        daemons["munged"] = Start(
            "munged",
            "--foreground",
            "--force",
            $"--key-file={key}",
            $"--socket={directory["munge.sock"]}",
            $"--pid-file={directory["munged.pid"]}",
            $"--seed-file={directory["munge.seed"]}",
            $"--log-file={directory["munged.log"]}");
        WaitFor(() => File.Exists(directory["munge.sock"]));
        daemons["slurmctld"] = Start("slurmctld", "-i", "-D");
        foreach (string node in Nodes)
        {
            StartNode(node);
        }

        WaitForNodes();
    }

    private void StartNode(string node) => daemons[node] = Start("slurmd", "-D", "-N", node);

    private void WaitForNodes() => WaitFor(() => Nodes.All(node => States().Any(
        line => line.StartsWith(node + " ", StringComparison.Ordinal) && Ready.Any(line.EndsWith))));

    private string[] States() => Run("sinfo", "--noheader", "--Node", "--format=%N %T").TrimEnd().Split('\n');

    private static void WaitFor(Func<bool> condition)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            if (since.Elapsed > Patience)
            {
                throw new TimeoutException("The cluster does not start.");
            }

            Thread.Sleep(100);
        }
    }

    private Process Start(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(command) ?? command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SLURM_CONF"] = Configuration;
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private string Configure()
    {
        int[] ports = FreePorts(3);
        string user = System.Environment.UserName;
        return string.Create(CultureInfo.InvariantCulture, $"""
            ClusterName=test
            SlurmctldHost=localhost(127.0.0.1)
            SlurmctldPort={ports[0]}
            SlurmUser={user}
            SlurmdUser={user}
            AuthType=auth/munge
            AuthInfo=socket={directory["munge.sock"]},cred_expire=5
            CredType=cred/munge
            StateSaveLocation={directory["state"]}
            SlurmdSpoolDir={directory["spool"]}-%n
            SlurmctldPidFile={directory["slurmctld.pid"]}
            SlurmdPidFile={directory["slurmd"]}-%n.pid
            SlurmctldLogFile={directory["slurmctld.log"]}
            SlurmdLogFile={directory["slurmd"]}-%n.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
            ReturnToService=2
            SlurmdTimeout=10
            KillWait=2
            MinJobAge=300
            SwitchType=switch/none
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1
            NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1
            PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """);
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        Array.ForEach(listeners, listener => listener.Dispose());
        return ports;
    }
}
