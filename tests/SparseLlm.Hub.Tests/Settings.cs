using SparseLlm.Diagnostics;

namespace SparseLlm.Hub.Tests;

/// <summary>The environment is read as Hugging Face's own tools read it.</summary>
public sealed class Settings : IDisposable
{
    private const string Secret = "hf_verysecret";

    private readonly TempDirectory temp = new();
    private readonly Dictionary<string, string> variables = [];

    public Settings() => variables[OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME"] = temp.Path;

    public void Dispose() => temp.Dispose();

    private HubOptions Options => HubOptions.Read(name => variables.GetValueOrDefault(name));

    [Fact]
    public void Without_anything_it_is_the_public_hub_and_the_cache_at_home()
    {
        Options.Endpoint.ShouldBe(new Uri("https://huggingface.co/"));
        Options.CacheDirectory.ShouldBe(temp[".cache/huggingface/hub"]);
        Options.Token.ShouldBeNull();
        Options.TokenSource.ShouldBeNull();
        Options.IsOffline.ShouldBeFalse();
    }

    [Theory]
    [InlineData("XDG_CACHE_HOME=~/x", "x/huggingface/hub")]
    [InlineData("HF_HOME=~/y", "y/hub")]
    [InlineData("HF_HOME=~/y XDG_CACHE_HOME=~/x", "y/hub")]
    [InlineData("HUGGINGFACE_HUB_CACHE=~/old HF_HOME=~/y", "old")]
    [InlineData("HF_HUB_CACHE=~/z HUGGINGFACE_HUB_CACHE=~/old HF_HOME=~/y", "z")]
    [InlineData("HF_HUB_CACHE=$PLACE/${SUB}/z PLACE=~/p SUB=s", "~/p/s/z")]
    [InlineData("HF_HOME=~/$NOT_SET", "$NOT_SET/hub")]
    [InlineData("HF_HOME= XDG_CACHE_HOME=", ".cache/huggingface/hub")]
    public void The_cache_is_where_the_first_of_these_variables_says(string environment, string place)
    {
        Set(environment);
        Options.CacheDirectory.ShouldBe(place.StartsWith('~') ? Path.GetFullPath(place) : temp[place]);
    }

    [Theory]
    [InlineData("https://mirror.example/hf", "https://mirror.example/hf/")]
    [InlineData("http://localhost:8080//", "http://localhost:8080/")]
    public void Another_hub_may_be_named(string endpoint, string address)
    {
        variables["HF_ENDPOINT"] = endpoint;
        Options.Endpoint.ShouldBe(new Uri(address));
    }

    [Theory]
    [InlineData("mirror.example")]
    [InlineData("ftp://mirror.example")]
    [InlineData("https://")]
    [InlineData("https://me:hf_verysecret@mirror.example")]
    [InlineData("https://mirror.example?token=hf_verysecret")]
    public void A_hub_that_is_no_plain_address_is_an_error_that_tells_no_secret(string endpoint)
    {
        variables["HF_ENDPOINT"] = endpoint;
        ShouldFail("HF_ENDPOINT");
    }

    [Theory]
    [InlineData("HF_TOKEN=hf_verysecret", "HF_TOKEN")]
    [InlineData("HUGGING_FACE_HUB_TOKEN=hf_verysecret", "HUGGING_FACE_HUB_TOKEN")]
    [InlineData("HF_TOKEN=hf_verysecret HUGGING_FACE_HUB_TOKEN=other", "HF_TOKEN")]
    [InlineData("HF_TOKEN= HUGGING_FACE_HUB_TOKEN=hf_verysecret", "HUGGING_FACE_HUB_TOKEN")]
    [InlineData("HF_TOKEN=hf_verysecret\r\n", "HF_TOKEN")]
    public void A_token_of_the_environment_goes_before_that_of_the_file(string environment, string source)
    {
        Write(".cache/huggingface/token", "other");
        Set(environment);
        Options.Token.ShouldBe(Secret);
        Options.TokenSource.ShouldBe(source);
    }

    [Theory]
    [InlineData("", ".cache/huggingface/token")]
    [InlineData("HF_HOME=~/y", "y/token")]
    [InlineData("HF_HOME=~/y HF_TOKEN_PATH=~/t/mine", "t/mine")]
    public void A_token_is_found_where_logging_in_has_put_it(string environment, string file)
    {
        Set(environment);
        Write(file, $" {Secret}\n");
        Options.Token.ShouldBe(Secret);
        Options.TokenSource.ShouldBe(temp[file]);
    }

    [Fact]
    public void A_token_may_be_forbidden()
    {
        Write(".cache/huggingface/token", Secret);
        Set("HF_TOKEN=hf_verysecret HF_HUB_DISABLE_IMPLICIT_TOKEN=1");
        Options.Token.ShouldBeNull();
        Options.TokenSource.ShouldBeNull();
    }

    [Fact]
    public void A_token_that_can_be_none_is_an_error_that_does_not_show_it()
    {
        variables["HF_TOKEN"] = $"{Secret} {Secret}";
        ShouldFail("HF_TOKEN");
        variables["HF_TOKEN"] = "";
        Write(".cache/huggingface/token", $"{Secret}\u00e4");
        ShouldFail(temp[".cache/huggingface/token"]);
    }

    [Fact]
    public void A_token_file_that_is_none_is_named()
    {
        Directory.CreateDirectory(temp["t"]);
        variables["HF_TOKEN_PATH"] = temp["t"];
        Options.Token.ShouldBeNull();
        Write("long", new string('x', 100_000));
        variables["HF_TOKEN_PATH"] = temp["long"];
        ShouldFail(temp["long"]);
    }

    [Theory]
    [InlineData("HF_HUB_OFFLINE=1", true)]
    [InlineData("HF_HUB_OFFLINE=yes", true)]
    [InlineData("HF_HUB_OFFLINE=True", true)]
    [InlineData("HF_HUB_OFFLINE=on", true)]
    [InlineData("HF_HUB_OFFLINE=0", false)]
    [InlineData("TRANSFORMERS_OFFLINE=1", true)]
    [InlineData("HF_HUB_OFFLINE=0 TRANSFORMERS_OFFLINE=1", false)]
    public void The_hub_may_be_out_of_bounds(string environment, bool isOffline)
    {
        Set(environment);
        Options.IsOffline.ShouldBe(isOffline);
    }

    [Fact]
    public void Links_may_be_turned_off()
    {
        Options.UsesLinks.ShouldBeTrue();
        Set("HF_HUB_DISABLE_SYMLINKS=1");
        Options.UsesLinks.ShouldBeFalse();
    }

    [Fact]
    public void The_token_does_not_get_into_text_by_accident()
    {
        variables["HF_TOKEN"] = Secret;
        Options.ToString().ShouldNotContain(Secret);
        Options.ToString().ShouldContain("HF_TOKEN");
    }

    private void ShouldFail(string part)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Options).Diagnostics.Single();
        diagnostic.Code.ShouldBe("SLM6002");
        diagnostic.ToString().ShouldContain(part);
        diagnostic.ToString().ShouldNotContain(Secret);
    }

    private void Set(string environment)
    {
        foreach (string[] pair in environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)))
        {
            variables[pair[0]] = pair[1];
        }
    }

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(temp[file])!);
        File.WriteAllText(temp[file], text);
    }
}
