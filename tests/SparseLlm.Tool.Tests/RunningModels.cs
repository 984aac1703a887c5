using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Chat;
using SparseLlm.Runtime.Generation;
using SparseLlm.Tool.Commands;
using SparseLlm.Tool.Generating;

namespace SparseLlm.Tool.Tests;

/// <summary><c>run</c> and <c>bench</c>: what a model says, to whom, and how fast.</summary>
public sealed class RunningModels : IDisposable
{
    private const string Prompt = "It was a dark night and";

    /// <summary>Turns what does not end into a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string Model = ShallowModel.Of("tiny-llama");

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_packed_model_says_what_the_pruned_one_says_and_is_timed()
    {
        ToolProcess.Run(
            "prune",
            Model,
            "--method",
            "magnitude",
            "--sparsity",
            "0.5",
            "-o",
            directory["pruned"],
            "--no-progress").ExitCode.ShouldBe(0);
        ToolProcess.Run("pack", directory["pruned"], "-o", directory["packed"], "--no-progress").ExitCode.ShouldBe(0);
        ToolRun packed = ToolProcess.Run(
            "run",
            directory["packed"],
            "--prompt",
            Prompt,
            "--max-tokens",
            "24",
            "--json");
        packed.ExitCode.ShouldBe(0, packed.Error);
        packed.Json.GetProperty("endReason").GetString().ShouldBe("length");
        packed.Json.GetProperty("generatedTokens").GetInt32().ShouldBe(24);
        packed.Json.GetProperty("promptTokens").GetInt32().ShouldBeGreaterThan(5);
        packed.Json.GetProperty("decodeTokensPerSecond").GetDouble().ShouldBeGreaterThan(0);
        packed.Json.GetProperty("peakMemory").GetInt64().ShouldBeGreaterThan(1 << 20);

        // The line break at the end is the shell's.
        ToolRun pruned = ToolProcess.RunWithInput(Prompt + "\n", "run", directory["pruned"], "--max-tokens", "24");
        pruned.ExitCode.ShouldBe(0, pruned.Error);
        pruned.Output.ShouldBe(packed.Json.GetProperty("text").GetString());
        pruned.Output.ShouldStartWith(" ");
        pruned.Error.ShouldMatch("[0-9]+ prompt tokens \\([0-9.]+ a second\\), 24 generated \\([0-9.]+ a second\\); "
            + "[0-9]+ MB of memory at most");

        JsonElement bench = ToolProcess.Run(
            "bench",
            directory["packed"],
            "--prompt-tokens",
            "16",
            "--tokens",
            "4",
            "--repeat",
            "2",
            "--threads",
            "1",
            "--json").Json;
        bench.GetProperty("prefillTokensPerSecond").GetDouble().ShouldBeGreaterThan(0);
        bench.GetProperty("decodeTokensPerSecond").GetDouble().ShouldBeGreaterThan(0);
        bench.GetProperty("loadSeconds").GetDouble().ShouldBeGreaterThan(0);
        bench.GetProperty("threads").GetInt32().ShouldBe(1);

        // 786,432 weights are pruned to 9.28 bits each, and 2048 x 192 of the head have 16.
        bench.GetProperty("bytesPerToken").GetInt64().ShouldBeInRange(1_600_000, 1_750_000);
    }

    [SkippableFact]
    public void An_answer_ends_when_nobody_reads_it_any_more()
    {
        Skip.If(OperatingSystem.IsWindows(), "what is written to a pipe that nobody reads is no error there");
        using Process tool = ToolProcess.Start(
            "run",
            Model,
            "--prompt",
            Prompt,
            "--context",
            "1000000",
            "--max-tokens",
            "900000");
        tool.StandardOutput.Read().ShouldBeGreaterThan(0);
        tool.StandardOutput.Close();
        tool.WaitForExit(Patience).ShouldBeTrue();
        tool.ExitCode.ShouldBe(0);
    }

    [SkippableFact]
    public void What_a_model_says_does_not_command_a_terminal_and_comes_through_a_pipe_as_it_is()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "there is no 'script' here to make a terminal with");
        Copy(Model);
        JsonObject tokenizer = JsonNode.Parse(File.ReadAllText(directory["tokenizer.json"]))!.AsObject();
        tokenizer["decoder"]!["decoders"]!.AsArray()
            .Add(JsonNode.Parse("""{ "type": "Replace", "pattern": { "String": " " }, "content": "\u001b[31m" }"""));
        File.WriteAllText(directory["tokenizer.json"], tokenizer.ToJsonString());
        string[] run = ["run", directory.Path, "--prompt", Prompt, "--max-tokens", "8"];
        ToolProcess.Run(run).Output.ShouldContain("\u001b[31m");

        string command = $"dotnet {Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll")} run "
            + $"{directory.Path} --prompt '{Prompt}' --max-tokens 8";
        using Process script = Process.Start(new ProcessStartInfo("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true
        })!;
        string shown = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        shown.ShouldContain(@"\u001B[31m");
        shown.ShouldNotContain("\u001b[31m");
    }

    [SkippableFact]
    public void At_a_terminal_a_person_and_a_model_take_turns()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "there is no 'script' here to make a terminal with");
        string command
            = $"dotnet {Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll")} run {Model} --max-tokens 6";
        using Process script = Process.Start(new ProcessStartInfo("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true
        })!;
        script.StandardInput.Write($"/what\n{Prompt}\n/clear\n/exit\n");
        script.StandardInput.Flush();
        string shown = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        script.ExitCode.ShouldBe(0, shown);
        shown.ShouldContain("/clear begins anew");
        shown.ShouldContain("there is no command /what");
        shown.ShouldContain(", 6 generated");
    }

    [Fact]
    public void What_cannot_be_run_is_an_error_with_a_code()
    {
        ToolRun empty = ToolProcess.RunWithInput("", "run", Model);
        empty.ExitCode.ShouldBe(1);
        empty.Error.ShouldContain("error SLM2304");
        ToolRun system = ToolProcess.Run("run", Model, "--prompt", "a", "--system", "Be brief.");
        system.ExitCode.ShouldBe(2);
        system.Error.ShouldContain("has no chat template");
        ToolRun range = ToolProcess.Run("run", Model, "--prompt", "a", "--top-p", "1,5");
        range.ExitCode.ShouldBe(2);
        range.Error.ShouldContain("--top-p is '1,5', and has to be a number from 0 to 1");
        File.WriteAllText(directory["a.gguf"], "GGUF");
        ToolRun gguf = ToolProcess.Run("run", directory["a.gguf"], "--prompt", "a");
        gguf.ExitCode.ShouldBe(2);
        gguf.Error.ShouldContain("name the directory of the model");
        ToolRun context = ToolProcess.Run("bench", Repository.Model("tiny-opt"), "--tokens", "300");
        context.ExitCode.ShouldBe(1);
        context.Error.ShouldContain("error SLM2017");
    }

    [Fact]
    public void A_conversation_is_read_only_as_far_as_it_is_new()
    {
        using LanguageModel model = Open();
        ChatTemplate template = ChatTemplate.Parse("{% for message in messages %}{{ message.role }}: {{ "
            + "message.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
        var options = new GenerationOptions { MaximumTokens = 6 };
        foreach (IPrompting prompting in (IPrompting[])[new ChatPrompting(
            model.Tokenizer,
            template,
            "Be a king."), new TextPrompting(model.Tokenizer)])
        {
            using var conversation = new Conversation(model, prompting);
            int before = prompting.Prompt("Once upon a time").Length;
            conversation.Say("Once upon a time", options, default).Count().ShouldBe(6);
            int[] second = prompting.Prompt("The king");
            int read = conversation.Say("The king", options, default).First().PromptTokens;
            read.ShouldBeLessThan(
                second.Length - before + 1,
                "what was said before the answer has been read; the answer may be cut otherwise than it was generated");

            conversation.Clear();
            conversation.Say("The king", options, default).First().PromptTokens
                .ShouldBe(NewPrompt(prompting, "The king").Length);
        }

        static int[] NewPrompt(IPrompting prompting, string text)
        {
            prompting.Clear();
            return prompting.Prompt(text);
        }
    }

    [Fact]
    public void A_conversation_is_what_the_template_makes_of_it()
    {
        using LanguageModel model = Open();
        ChatTemplate template = ChatTemplate.Parse("{% for message in messages %}{{ message.role }}: {{ "
            + "message.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
        var prompting = new ChatPrompting(model.Tokenizer, template, "Be a king.");
        prompting.Add("Who are you?", "A king.");
        prompting.Prompt("Since when?").ShouldBe(model.Tokenizer.Encode(
            "system: Be a king.\nuser: Who are you?\nassistant: A king.\nuser: Since when?\nassistant:",
            addSpecialTokens: false));
    }

    [Fact]
    public async Task Ctrl_C_stops_an_answer_and_what_was_said_by_then_stays()
    {
        var writer = new AnswerWriter(isShown: false, new Tally());
        using var hasBegun = new ManualResetEventSlim();
        Task<(string Text, string EndReason)> answer = Task.Run(() => writer.Write(Endless, default));
        hasBegun.Wait(Patience).ShouldBeTrue();
        Interruptible.TryStop().ShouldBeTrue();
        (string text, string end) = await answer.WaitAsync(Patience);
        text.ShouldStartWith("again ");
        end.ShouldBe("cancelled");
        Interruptible.TryStop().ShouldBeFalse("there is nothing to stop but the program");

        IEnumerable<GeneratedText> Endless(CancellationToken cancellation)
        {
            for (int tokens = 1; ; tokens++)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return new GeneratedText("again ", 1, tokens, null);
                hasBegun.Set();
            }
        }
    }

    [Fact]
    public void Options_outdo_what_the_model_recommends()
    {
        Copy(Model);
        File.WriteAllText(
            directory["generation_config.json"],
            """{ "do_sample": true, "temperature": 0.6, "top_k": 20, "repetition_penalty": 1.1 }""");
        using LanguageModel model = Open(directory.Path);
        Parse(model).ShouldBe(new GenerationOptions { Temperature = 0.6f, TopK = 20, RepetitionPenalty = 1.1f });
        GenerationOptions options = Parse(
            model, "--temperature", "0", "--top-k", "3", "--top-p", "0.5", "--min-p", "0.1", "--repetition-penalty",
            "1", "--seed", "7", "--max-tokens", "9", "--stop", "a b", "--stop", "c");
        options.StopStrings.ShouldBe(["a b", "c"]);
        (options with { StopStrings = [] }).ShouldBe(
            new GenerationOptions { TopK = 3, TopP = 0.5f, MinP = 0.1f, Seed = 7, MaximumTokens = 9 });

        // Who asks for a way of sampling, and says no more, wants to sample.
        using LanguageModel plain = Open();
        Parse(plain).Temperature.ShouldBe(0);
        Parse(plain, "--top-p", "0.9").Temperature.ShouldBe(1);
    }

    private static GenerationOptions Parse(LanguageModel model, params string[] arguments)
    {
        var settings = new GenerationSettings();
        var command = new Command("run");
        settings.AddTo(command);
        return settings.Of(command.Parse(arguments), model);
    }

    private static LanguageModel Open(string? path = null)
        => LanguageModel.Open(path ?? Model, new LanguageModelOptions { Threads = 1 });

    private void Copy(string model)
    {
        foreach (string path in Directory.EnumerateFiles(model))
        {
            File.Copy(path, directory[Path.GetFileName(path)]);
        }
    }
}
