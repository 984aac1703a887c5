namespace SparseLlm.Hub.Tests;

/// <summary>What may be written as an address on the hub, and what is said of what may not.</summary>
public sealed class Addresses
{
    [Theory]
    [InlineData("hf://Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", "main")]
    [InlineData("HF://Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", "main")]
    [InlineData("hf://gpt2", "gpt2", "main")]
    [InlineData("hf://gpt2@v1.0", "gpt2", "v1.0")]
    [InlineData("hf://Qwen/Qwen3-0.6B@refs/pr/12", "Qwen/Qwen3-0.6B", "refs/pr/12")]
    [InlineData("hf://Qwen/Qwen3-0.6B@feature%2Ffast", "Qwen/Qwen3-0.6B", "feature/fast")]
    [InlineData(
        "hf://Qwen/Qwen3-0.6B@607a30d783dfa663caf39e06633721c8d4cfcd7e",
        "Qwen/Qwen3-0.6B",
        "607a30d783dfa663caf39e06633721c8d4cfcd7e")]
    public void A_model_has_an_owner_a_name_and_perhaps_a_revision(string text, string repository, string revision) =>
        Read(text).ShouldBe(new HubAddress(RepositoryKind.Model, repository, revision, null));

    [Theory]
    [InlineData(
        "hf://datasets/allenai/c4/en/c4-train.00000-of-01024.json.gz",
        "allenai/c4",
        "main",
        "en/c4-train.00000-of-01024.json.gz")]
    [InlineData(
        "hf://datasets/allenai/c4/en/c4.json.gz@refs/convert/parquet",
        "allenai/c4",
        "refs/convert/parquet",
        "en/c4.json.gz")]
    [InlineData("hf://datasets/allenai/c4/en/c4.json.gz@a/b", "allenai/c4", "a/b", "en/c4.json.gz")]
    [InlineData("hf://datasets/allenai/c4@v1/en/c4.json.gz", "allenai/c4", "v1", "en/c4.json.gz")]
    [InlineData(
        "hf://datasets/allenai/c4@refs/convert/parquet/en/**/*.parquet",
        "allenai/c4",
        "refs/convert/parquet",
        "en/**/*.parquet")]
    [InlineData("hf://datasets/allenai/c4@main/a@b.txt", "allenai/c4", "main", "a@b.txt")]
    [InlineData("hf://datasets/squad@main/plain text/train.jsonl", "squad", "main", "plain text/train.jsonl")]
    public void A_data_set_has_a_path_too_and_the_revision_in_either_place(
        string text,
        string repository,
        string revision,
        string path) =>
        Read(text).ShouldBe(new HubAddress(RepositoryKind.Dataset, repository, revision, path));

    [Theory]
    [InlineData("hf://Qwen/Qwen3-0.6B@main", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("Hf://gpt2@a%2fb", "hf://gpt2@a%2Fb")]
    [InlineData("hf://gpt2@refs/pr/1", "hf://gpt2@refs/pr/1")]
    [InlineData("hf://datasets/a/b/c.txt@v1", "hf://datasets/a/b@v1/c.txt")]
    [InlineData("hf://datasets/a/b/c.txt@x/y", "hf://datasets/a/b@x%2Fy/c.txt")]
    [InlineData("hf://datasets/a/b@main/c@d.txt", "hf://datasets/a/b@main/c@d.txt")]
    public void An_address_is_printed_in_one_way_that_is_read_again(string text, string printed)
    {
        Read(text).ToString().ShouldBe(printed);
        Read(printed).ShouldBe(Read(text));
    }

    [Theory]
    [InlineData("models/tiny", "hf://owner/name")]
    [InlineData("hf://", "hf://owner/name")]
    [InlineData("hf://a//b", "slash")]
    [InlineData("hf://a/", "slash")]
    [InlineData("hf:///a/b", "slash")]
    [InlineData("hf://a/b c", "space")]
    [InlineData("hf://a\\b", "backslash")]
    [InlineData("hf://datasets/a/b/c\\d", "backslash")]
    [InlineData("hf://datasets/a b/c/d", "'a b' is not a name")]
    [InlineData("hf://a/b\n", "control character")]
    [InlineData("hf://../b", "'..' is not a name")]
    [InlineData("hf://a/b..c", "'..' in it")]
    [InlineData("hf://a/b--c", "'--'")]
    [InlineData("hf://-a/b", "'-a' is not a name")]
    [InlineData("hf://a/b.", "'b.' is not a name")]
    [InlineData("hf://a/ä", "'ä' is not a name")]
    [InlineData("hf://a/b.git", "leave '.git' out: a/b")]
    [InlineData("hf://a/b@", "nothing follows '@'")]
    [InlineData("hf://a/b@..", "'..' is not the name of a branch")]
    [InlineData("hf://a/b@a:b", "is not the name of a branch")]
    [InlineData("hf://a/b@x%2F..%2Fy", "is not the name of a branch")]
    [InlineData("hf://spaces/a/b", "nothing from its spaces")]
    [InlineData("hf://models/a/b", "leave 'models/' out: hf://a/b")]
    [InlineData("hf://dataset/a/b/c.txt", "hf://datasets/a/b/c.txt")]
    [InlineData("hf://datasets", "no data set is named")]
    [InlineData("hf://datasets/a/b", "hf://datasets/a/b/data/train.jsonl")]
    [InlineData("hf://datasets/a/b@v1", "hf://datasets/a/b/data/train.jsonl")]
    [InlineData("hf://datasets/squad", "hf://datasets/squad@main/data/train.jsonl")]
    [InlineData("hf://a/b:main", "a revision is written behind '@'")]
    [InlineData("hf://datasets/a/b/../c", "'../c' is not a path")]
    [InlineData("hf://a/b/config.json", "write hf://a/b")]
    [InlineData(
        "hf://a/b@v1/config.json",
        "write hf://a/b@v1, or, if 'v1/config.json' is a branch, hf://a/b@v1%2Fconfig.json")]
    public void What_is_no_address_is_told_what_would_be(string text, string part)
    {
        HubAddress.TryParse(text, out string problem).ShouldBeNull();
        problem.ShouldContain(part);
    }

    [Theory]
    [InlineData("https://huggingface.co/Qwen/Qwen3-0.6B", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("huggingface.co/Qwen/Qwen3-0.6B", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("https://hf.co/Qwen/Qwen3-0.6B/tree/main", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("https://huggingface.co/Qwen/Qwen3-0.6B/tree/v2?x=1#y", "hf://Qwen/Qwen3-0.6B@v2")]
    [InlineData("https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/config.json", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("hf://https://huggingface.co/Qwen/Qwen3-0.6B", "hf://Qwen/Qwen3-0.6B")]
    [InlineData("https://huggingface.co/datasets/allenai/c4", "hf://datasets/allenai/c4/**")]
    [InlineData(
        "https://huggingface.co/datasets/allenai/c4/blob/v1/en/a%20b.json.gz",
        "hf://datasets/allenai/c4@v1/en/a b.json.gz")]
    public void A_web_page_that_was_pasted_is_told_its_address(string text, string address)
    {
        HubAddress.TryParse(text, out string problem).ShouldBeNull();
        problem.ShouldEndWith($"write {address}");
    }

    [Theory]
    [InlineData("https://huggingface.co/docs")]
    [InlineData("https://huggingface.co/spaces/a/b")]
    [InlineData("https://example.com/a/b")]
    [InlineData("models/tiny")]
    public void Other_texts_are_no_pages(string text) => HubAddress.OfPage(text).ShouldBeNull();

    [Theory]
    [InlineData("hf://x", true)]
    [InlineData("Hf://x", true)]
    [InlineData("hf:/x", false)]
    [InlineData("./hf://x", false)]
    public void What_begins_with_hf_is_meant_as_an_address(string text, bool isOne)
        => HubAddress.IsOne(text).ShouldBe(isOne);

    private static HubAddress Read(string text)
    {
        HubAddress? address = HubAddress.TryParse(text, out string problem);
        problem.ShouldBeEmpty();
        return address.ShouldNotBeNull();
    }
}
