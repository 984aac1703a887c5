using System.CommandLine;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Sources;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm update [RECIPE]</c>: lets the lock file name the commits that the hub has now.</summary>
internal static class UpdateCommand
{
    public static Command Create()
    {
        var recipe = new RecipeOptions();
        var sources = new SourceOptions();
        var check = new Option<bool>("--check") { Description = "Change nothing; exit with 3 if the hub has moved." };
        Option<bool> json = CommandAction.Json();
        var command = new Command("update", "Move the lock file to the commits that the hub has now.") { check, json };
        recipe.AddRecipeTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            Recipe read = RecipeFile.Read(recipe.Path(arguments, cancellation), out _);
            using var hub = new SourceFetcher(sources.Hub(arguments), Terminal.Show);
            IReadOnlyList<SourceMove> moves = SourceMove.Find(read, hub, cancellation);
            SourceMove[] moved = [.. moves.Where(move => move.HasMoved)];
            if (!arguments.GetValue(check) && moved.Length > 0)
            {
                SourceMove.Lock(read, moved);
            }

            string lockName = Path.GetFileName(LockFile.PathOf(read.Path));
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Sources = moves.Select(
                        move => new
                        {
                            Address = move.Address.ToString(),
                            move.Before,
                            move.After,
                            Moved = move.HasMoved
                        })
                },
                console =>
                {
                    foreach (SourceMove move in moves)
                    {
                        console.WriteLine(move.ToString());
                    }

                    console.WriteLine(moves.Count == 0 ? "the recipe names nothing of the hub that can move"
                        : moved.Length == 0 ? $"{lockName} is up to date"
                        : arguments.GetValue(check) ? $"{lockName} would be moved; nothing was changed"
                        : $"{lockName} is moved; 'dotnet sparsellm build' makes what follows from it");
                });
            return arguments.GetValue(check) && moved.Length > 0 ? ExitCodes.Stale : ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("update", "Let pruning.lock.json name what the hub's branches stand for now."),
            new("update --check", "Say whether the hub has moved, and exit with 3 if it has."),
        ]);
    }
}
