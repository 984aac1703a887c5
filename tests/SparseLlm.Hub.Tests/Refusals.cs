using SparseLlm.Diagnostics;

namespace SparseLlm.Hub.Tests;

/// <summary>What the hub refuses has a code, and a message that says what to do.</summary>
public sealed class Refusals : HubTest
{
    [Theory]
    [InlineData(null)]
    [InlineData(Token)]
    public void A_model_that_is_not_there_may_be_private(string? token)
    {
        Diagnostic failure = Failure(() => Pull(Options(token), Address("hf://acme/nothing")));
        failure.Code.ShouldBe("SLM6003");
        failure.Message.ShouldContain("hf://acme/nothing: the hub has no model 'acme/nothing', or it is private");
        failure.Message.ShouldContain(token is null
            ? "put a token (from https://huggingface.co/settings/tokens) into HF_TOKEN, or run 'hf auth login'"
            : "this one is from HF_TOKEN");
    }

    [Fact]
    public void A_private_model_is_shown_to_who_has_the_token()
    {
        Repository.IsPrivate = true;
        Failure(() => Pull()).Code.ShouldBe("SLM6003");
        ShouldBeWhole(Pull(Options(Token)));
    }

    [Fact]
    public void A_gated_model_names_the_page_where_its_terms_are_accepted_and_how_to_give_a_token()
    {
        Repository.IsGated = true;
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6004");
        failure.Message.ShouldContain($"accept its terms on {Server.Endpoint}acme/tiny");
        failure.Message.ShouldContain("HF_TOKEN");
        failure.Message.ShouldContain("hf auth login");

        Server.HasAccepted = false;
        Diagnostic notYet = Failure(() => Pull(Options(Token)));
        notYet.Code.ShouldBe("SLM6004");
        notYet.Message.ShouldContain("whoever the token from HF_TOKEN is of has no access yet");
        notYet.Message.ShouldContain($"{Server.Endpoint}acme/tiny");

        Server.HasAccepted = true;
        ShouldBeWhole(Pull(Options(Token)));
    }

    [Fact]
    public void A_gated_data_set_names_its_own_page()
    {
        HubServerRepository texts = Server.AddDataset("acme/texts");
        texts.Push(new Dictionary<string, byte[]> { ["a.jsonl"] = Bytes(10, 1) });
        texts.IsGated = true;
        Failure(() => Pull(null, Address("hf://datasets/acme/texts/a.jsonl"))).Message
            .ShouldContain($"{Server.Endpoint}datasets/acme/texts;");
    }

    [Fact]
    public void A_revision_that_is_not_there_is_named()
    {
        Diagnostic failure = Failure(() => Pull(null, Address("hf://acme/tiny@v9")));
        failure.Code.ShouldBe("SLM6005");
        failure.Message.ShouldContain("model 'acme/tiny' has no branch, tag or commit 'v9'");
        string gone = new('1', 40);
        Failure(() => Pull(null, Address($"hf://acme/tiny@{gone}"))).Message.ShouldContain(gone);
    }

    [Theory]
    [InlineData("en/trian.jsonl", "acme/texts has no 'en/trian.jsonl'; did you mean 'en/train.jsonl'?")]
    [InlineData("emglish/train.jsonl", "acme/texts has no 'emglish'; did you mean 'english'?")]
    [InlineData("english/depe/x.jsonl", "acme/texts has no 'english/depe'; did you mean 'english/deep'?")]
    [InlineData("english/deep", "'english/deep' is a folder; write 'english/deep/*'")]
    [InlineData("english/deep/there/x.jsonl", "acme/texts has no 'english/deep/there'")]
    [InlineData("en/*.parquet", "no file of acme/texts matches 'en/*.parquet'")]
    [InlineData("train.jsonl", "acme/texts has no 'train.jsonl'; allowed: README.md")]
    public void A_file_that_is_not_there_names_one_that_is_near(string path, string part)
    {
        Server.AddDataset("acme/texts").Push(new Dictionary<string, byte[]>
        {
            ["en/train.jsonl"] = Bytes(10, 1),
            ["english/deep/x.jsonl"] = Bytes(10, 2),
            ["README.md"] = Bytes(10, 3),
        });
        Diagnostic failure = Failure(() => Pull(null, Address($"hf://datasets/acme/texts/{path}")));
        failure.Code.ShouldBe("SLM6006");
        failure.Message.ShouldContain(part);
    }

    [Fact]
    public void A_file_that_has_gone_from_the_hub_is_named()
    {
        using HubClient client = Client();
        HubFile gone = new("gone.json", 5, new string('2', 40), IsLarge: false);
        Diagnostic failure = Failure(() => client.Download(Model, Repository.Main, [gone], null, default));
        failure.Code.ShouldBe("SLM6006");
        failure.Message.ShouldContain("'gone.json'");
    }

    [Fact]
    public void A_token_that_the_hub_does_not_know_is_said_to_be_so_and_not_shown()
    {
        const string wrong = "hf_wrong";
        Diagnostic failure = Failure(() => Pull(Options(wrong)));
        failure.Code.ShouldBe("SLM6007");
        failure.Message.ShouldContain("the token from HF_TOKEN ('Invalid credentials in Authorization header')");
        failure.Message.ShouldNotContain(wrong);
    }

    [Fact]
    public void What_a_server_says_gets_into_messages_without_commands_and_without_the_token()
    {
        Server.Script = request => $"HTTP/1.1 403 No\r\nX-Error-Message: {request.Headers["Authorization"]} \u001b[31m "
            + $"{new string('x', 1000)}\r\nContent-Length: 0\r\n\r\n";
        Diagnostic failure = Failure(() => Pull(Options(Token)));
        failure.Code.ShouldBe("SLM6004");
        failure.Message.ShouldNotContain(Token);
        failure.Message.ShouldNotContain("\u001b");
        failure.Message.Length.ShouldBeLessThan(700);
    }

    [Fact]
    public async Task Too_many_requests_are_waited_for_as_long_as_the_hub_asks()
    {
        int count = 0;
        Server.Script = _ => Interlocked.Increment(ref count) == 1
            ? "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
            : null;

        // Otherwise it would be tried again tomorrow.
        await Task.Run(() => ShouldBeWhole(Pull(Options() with { FirstDelay = TimeSpan.FromHours(20) })))
            .WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("Retry-After: 3600", "takes more in 60 minutes")]
    [InlineData("RateLimit: \"api\";r=0;t=600", "takes more in 10 minutes")]
    [InlineData("X: y", "too many requests; what has come is kept; with a token more are allowed")]
    public void Too_many_requests_are_an_error_where_the_wait_is_too_long(string header, string part)
    {
        Server.Script = _ => $"HTTP/1.1 429 Slow\r\n{header}\r\nContent-Length: 0\r\n\r\n";
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6008");
        failure.Message.ShouldContain(part);
        Server.Requests.Count.ShouldBe(header.StartsWith('X') ? 5 : 1);
    }

    [Fact]
    public async Task A_wait_that_is_noticed_is_told()
    {
        using var cancellation = new CancellationTokenSource();
        Server.Script = _ => "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
        using HubClient client = Client();
        Task pull = Task.Run(() => Pull(client, cancellation: cancellation.Token));
        SpinWait.SpinUntil(() => Notices.Count > 0, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        cancellation.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(pull);
        Notices.ShouldHaveSingleItem().Code.ShouldBe("SLM6018");
        Notices[0].Message.ShouldContain("60 seconds");
    }

    [Fact]
    public void A_hub_that_fails_for_a_while_is_asked_again()
    {
        var asked = new HashSet<string>();
        Server.Script = request =>
        {
            lock (asked)
            {
                return asked.Add($"{request.Target} {request.Headers.GetValueOrDefault("Range")}")
                    ? "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
                    : null;
            }
        };
        ShouldBeWhole(Pull());
    }

    [Fact]
    public void A_hub_that_keeps_failing_cannot_be_reached()
    {
        Server.Script = _ => "HTTP/1.1 503 Down\r\nX-Error-Message: maintenance\r\nContent-Length: 0\r\n\r\n";
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6009");
        failure.Message.ShouldContain("it answers 503 ('maintenance')");
        failure.Message.ShouldContain("HF_HUB_OFFLINE=1");
    }

    [Fact]
    public void Where_nobody_listens_the_hub_cannot_be_reached()
    {
        Server.Dispose();
        Failure(() => Pull()).Code.ShouldBe("SLM6009");
    }

    [Fact]
    public void A_file_server_that_refuses_is_told_from_the_hub()
    {
        Server.Script = request => request.IsCdn ? "HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n" : null;
        Diagnostic failure = Failure(() => Pull());
        failure.Code.ShouldBe("SLM6009");
        failure.Message.ShouldContain("127.0.0.1, where the hub keeps the file, answers 403");
    }

    [Fact]
    public void An_address_of_the_file_server_that_has_expired_is_asked_for_anew()
    {
        int count = 0;
        Server.Script = request => request.IsCdn && Interlocked.Increment(ref count) <= 2
            ? "HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n"
            : null;
        ShouldBeWhole(Pull());
    }

    [Fact]
    public void A_renamed_model_comes_with_one_note_that_names_the_new_address()
    {
        Repository.Rename("acme/tiny-v2");
        ShouldBeWhole(Pull());
        Notices.ShouldHaveSingleItem().Code.ShouldBe("SLM6015");
        Notices[0].Message
            .ShouldBe("hf://acme/tiny: the hub knows this repository by another name now; write hf://acme/tiny-v2");
        Directory.GetDirectories(Cache, "models--*").Select(Path.GetFileName).ShouldBe(["models--acme--tiny"]);
    }

    [Fact]
    public void A_renamed_data_set_is_named_with_its_path()
    {
        HubServerRepository texts = Server.AddDataset("acme/texts");
        texts.Push(new Dictionary<string, byte[]> { ["a.jsonl"] = Bytes(10, 1) });
        texts.Rename("corp/texts");
        Pull(null, Address("hf://datasets/acme/texts/a.jsonl")).Files.ShouldBe(["a.jsonl"]);
        Notices.ShouldHaveSingleItem().Message.ShouldEndWith("write hf://datasets/corp/texts/a.jsonl");
    }
}
