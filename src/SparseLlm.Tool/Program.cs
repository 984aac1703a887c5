using SparseLlm.Tool;
using SparseLlm.Tool.Output;

// What the process itself has; what runs command lines has streams of its own.
StandardStream.Install();
return await CommandLine.RunAsync(args);
