// The pruned models are beside the program, as any other content of the project.
string models = Path.Combine(AppContext.BaseDirectory, "models");

foreach (string model in Directory.EnumerateDirectories(models).Order())
{
    long bytes = Directory.EnumerateFiles(model, "*.safetensors").Sum(file => new FileInfo(file).Length);
    Console.WriteLine($"{Path.GetFileName(model)}: {bytes:N0} bytes of weights");
}
