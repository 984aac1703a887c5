class Program { string model = Models.PrunedModels.A.Path; }
