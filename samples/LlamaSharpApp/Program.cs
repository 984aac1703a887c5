using LLama;
using LLama.Common;
using LLama.Native;
using LLama.Sampling;

// The build has put the pruned model beside the program, as any other content of the project.
string model = Path.Combine(AppContext.BaseDirectory, "models", "tiny-llama-50", "tiny-llama-50-Q8_0.gguf");

NativeLibraryConfig.All.WithLogCallback((_, _) => { });
var parameters = new ModelParams(model) { ContextSize = 256 };
using LLamaWeights weights = await LLamaWeights.LoadFromFileAsync(parameters);
var executor = new StatelessExecutor(weights, parameters);

// Words on the command line are one beginning; without any, the program asks for one after the other.
if (args.Length > 0)
{
    await Continue(string.Join(' ', args));
    return;
}

Console.WriteLine("Write the beginning of a sentence, and the model goes on. An empty line ends.");
while (true)
{
    Console.Write("> ");
    if (Console.ReadLine() is not { Length: > 0 } beginning)
    {
        return;
    }

    await Continue(beginning);
}

async Task Continue(string beginning)
{
    var inference = new InferenceParams { MaxTokens = 60,
        SamplingPipeline = new DefaultSamplingPipeline { Temperature = 0.7f, Seed = 1 } };
    Console.Write(beginning);
    await foreach (string piece in executor.InferAsync(beginning, inference))
    {
        Console.Write(piece);
    }

    Console.WriteLine();
}
