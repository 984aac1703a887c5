System.Console.WriteLine(Models.PrunedModels.TinyOpt70.Path);
System.Console.WriteLine(System.IO.File.Exists(System.IO.Path.Combine(Models.PrunedModels.TinyOpt70.Path, "config.json")));
System.Console.WriteLine(System.FormattableString.Invariant($"{Models.PrunedModels._2of4.Sparsity} {Models.PrunedModels.PathModel.Perplexity.Prose}"));
