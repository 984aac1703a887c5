namespace SparseLlm.Recipes.Tests;

/// <summary>What a recipe asks of a cluster.</summary>
public sealed class Executors
{
    private const string Recipe = """
        version: 1
        model: model
        artifacts: { a: { method: magnitude, sparsity: 0.5 } }

        """;

    [Fact]
    public void A_recipe_without_one_computes_where_it_is_built() => Read("").ShouldBeNull();

    [Fact]
    public void Slurm_needs_no_options() => Read("executor: { slurm: }").ShouldBe(new SlurmChoice { Extra = [] });

    [Fact]
    public void What_is_asked_of_Slurm_is_read()
    {
        SlurmChoice slurm = Read("""
            executor:
              slurm:
                partition: gpu,long
                time: "1-12:30"
                gres: gpu:a100:2
                memory: 32G
                cpus: 8
                extra: [--account=a, --qos=high]
            """).ShouldNotBeNull();
        (slurm.Partition, slurm.Gres, slurm.Memory, slurm.Cpus).ShouldBe(("gpu,long", "gpu:a100:2", "32G", 8));
        slurm.Extra.ShouldBe(["--account=a", "--qos=high"]);
        slurm.TimeLimit.ShouldBe(new TimeSpan(1, 12, 30, 0));
    }

    [Theory]
    [InlineData("30", 1800)]
    [InlineData("0:30", 30)]
    [InlineData("2:00:00", 7200)]
    [InlineData("1-0", 86400)]
    [InlineData("1-1:01:01", 90061)]
    public void Times_are_those_of_Slurm(string time, int seconds) =>
        Read($"executor: {{ slurm: {{ time: \"{time}\" }} }}")!.TimeLimit.ShouldBe(TimeSpan.FromSeconds(seconds));

    private static SlurmChoice? Read(string executor)
    {
        using var folder = new RecipeFolder();
        return folder.ReadValid(Recipe + executor + "\n").Slurm;
    }
}
