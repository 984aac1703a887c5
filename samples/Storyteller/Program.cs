using System.Diagnostics;
using Microsoft.Extensions.AI;
using SparseLlm.Runtime.Chat;
using Storyteller;

// The build has pruned the model and put it beside the program. Its packed weights are used as they are stored.
using IChatClient client = LanguageModelChatClient.Open(PrunedModels.TinyLlama70.Path);
string beginning = args.Length > 0 ? string.Join(' ', args) : "Once upon a time there was a king who";
var options = new ChatOptions { Temperature = 0.7f, TopP = 0.9f, MaxOutputTokens = 120, Seed = 7 };

Console.Write(beginning);
UsageDetails usage = new();
var clock = Stopwatch.StartNew();
await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(beginning, options))
{
    Console.Write(update.Text);
    foreach (UsageContent content in update.Contents.OfType<UsageContent>())
    {
        usage.Add(content.Details);
    }
}

Console.WriteLine();
Console.Error.WriteLine($"{usage.OutputTokenCount} tokens in {clock.Elapsed.TotalSeconds:0.00} s");
