System.Console.WriteLine(Models.PrunedModels.Tiny70.Path);
System.Console.WriteLine(System.IO.File.Exists(Models.PrunedModels.Tiny70F16.Path));
System.Console.WriteLine(Models.PrunedModels.Tiny70Q8_0.Path);
