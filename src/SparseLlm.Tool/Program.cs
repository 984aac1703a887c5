using SparseLlm.Tool;

return await CommandLine.RunAsync(args);
