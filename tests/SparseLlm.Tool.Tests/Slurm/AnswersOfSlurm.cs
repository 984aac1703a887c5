namespace SparseLlm.Tool.Tests.Slurm;

/// <summary>What Slurm says only after minutes, said at once by commands that stand in for its own.</summary>
public sealed class AnswersOfSlurm : IDisposable
{
    private readonly RecipeProject project = new("  a: { method: magnitude, sparsity: 0.5 }");

    public AnswersOfSlurm()
    {

        // A worker that is to be done within a second leaves after each layer.
        File.AppendAllText(project["pruning.yaml"], """

            executor:
              slurm:
                time: "0:01"
            """);
    }

    [SkippableFact]
    public void A_job_that_is_stopped_at_its_time_limit_goes_on_after_its_last_layer()
    {
        // Whoever is killed leaves no word of it.
        ToolRun run = Build("""
            SLURM_ARRAY_TASK_ID=0 "$script" 0 > /dev/null 2>&1
            rm -f "${script%/*}"/*.json
            """);
        run.ExitCode.ShouldBe(0, run.Error);
        (File.Exists(project["2"]), File.Exists(project["3"])).ShouldBe((true, false), "there is a job for each layer");
        run.Error.ShouldContain("a: from the cache");
        run.Error.ShouldNotContain("SLM4067", customMessage: "it was not in vain");
    }

    [SkippableFact]
    public void A_job_that_is_stopped_before_its_first_layer_is_not_tried_again()
    {
        ToolRun run = Build("true");
        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldContain("SLM4064: 'a': job 1_0 on n1 was stopped at its time limit");
        File.Exists(project["2"]).ShouldBeFalse();
    }

    public void Dispose() => project.Dispose();

    /// <summary>Builds where each job does something and is stopped at its time limit.</summary>
    private ToolRun Build(string job)
    {
        Skip.If(OperatingSystem.IsWindows() || !File.Exists("/bin/bash"), "there is no bash here");
        string folder = Directory.CreateDirectory(project["bin"]).FullName;
        Write("sbatch", $$"""
            number=1
            while [[ -e {{project["."]}}/$number ]]; do number=$((number + 1)); done
            for word in "$@"; do
                if [[ $word == --job-name=* ]]; then name=${word#*=}; fi
            done
            script=${@: -2:1}
            chmod +x "$script"
            {{job}}
            echo "$name|$number|0|TIMEOUT|n1|TimeLimit" > {{project["."]}}/$number
            echo $number
            """);
        Write("squeue", $"cat {project["."]}/[0-9]* 2> /dev/null || true");
        return ToolProcess.Run(
            new() { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}" },
            project.Arguments("build", "--executor", "slurm"));

        void Write(string command, string script)
        {
            string path = Path.Combine(folder, command);
            File.WriteAllText(path, $"#!/bin/bash\n{script}\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }
}
