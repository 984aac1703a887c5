#if (app)
using Microsoft.Extensions.AI;
using SparseLlm.Runtime.Chat;

// The pruned model is beside the program, packed, and is used as it is stored.
string model = Path.Combine(AppContext.BaseDirectory, "models", "pruned");
using IChatClient client = LanguageModelChatClient.Open(model);
var options = new ChatOptions { MaxOutputTokens = 200 };
List<ChatMessage> conversation = [];

Console.WriteLine("Write something. An empty line ends.");
while (Ask() is { Length: > 0 } text)
{
    conversation.Add(new ChatMessage(ChatRole.User, text));
    List<ChatResponseUpdate> answer = [];
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(conversation, options))
    {
        Console.Write(update.Text);
        answer.Add(update);
    }

    Console.WriteLine();
    conversation.AddMessages(answer);
}

static string? Ask()
{
    Console.Write("> ");
    return Console.ReadLine();
}
#else
// The pruned models are beside the program, as any other content of the project.
string models = Path.Combine(AppContext.BaseDirectory, "models");

foreach (string model in Directory.EnumerateDirectories(models).Order())
{
    long bytes = Directory.EnumerateFiles(model, "*.safetensors").Sum(file => new FileInfo(file).Length);
    Console.WriteLine($"{Path.GetFileName(model)}: {bytes:N0} bytes of weights");
}
#endif
