namespace SparseLlm.Hub.Tests;

/// <summary>The token is for the hub, and for nobody else.</summary>
public sealed class Credentials : HubTest
{
    [Fact]
    public void The_token_is_seen_by_the_first_host_only()
    {
        ShouldBeWhole(Pull(Options(Token)));
        Server.Requests.Where(request => !request.IsCdn).ShouldNotBeEmpty();
        Server.Requests.Where(request => !request.IsCdn)
            .ShouldAllBe(request => request.Headers["Authorization"] == $"Bearer {Token}");
        Server.Requests.Where(request => request.IsCdn).ShouldNotBeEmpty();
        Server.Requests.Where(request => request.IsCdn).ShouldAllBe(
            request => !request.Headers.Values.Any(value => value.Contains(Token)) && !request.Target.Contains(Token));
    }

    [Fact]
    public void Pages_of_a_list_at_another_server_are_asked_for_at_the_hub()
    {
        Server.PageLength = 2;
        Server.Script = request => request.Path.Contains("/tree/") && !request.Query.Contains("cursor")
            ? $"HTTP/1.1 200 OK\r\nLink: <{Server.Cdn}api/models/other/tree/main?recursive=true&cursor=0>; "
                + $"rel=\"next\"\r\nContent-Length: 2\r\n\r\n[]"
            : null;
        ShouldBeWhole(Pull(Options(Token)));
        Server.Requests.ShouldNotContain(request => request.IsCdn && request.Path.Contains("/tree/"));
    }

    [Fact]
    public void A_redirect_of_the_API_to_another_server_does_not_take_the_token_along()
    {
        Server.Script = request => request.IsCdn
            ? "HTTP/1.1 404 Not\r\nContent-Length: 0\r\n\r\n"
            : $"HTTP/1.1 307 Moved\r\nLocation: {Server.Cdn}elsewhere\r\nContent-Length: 0\r\n\r\n";
        Failure(() => Pull(Options(Token))).Code.ShouldBe("SLM6009");
        Server.Requests.Where(request => request.IsCdn).ShouldNotBeEmpty();
        Server.Requests.Where(request => request.IsCdn)
            .ShouldAllBe(request => !request.Headers.ContainsKey("Authorization"));
    }
}
