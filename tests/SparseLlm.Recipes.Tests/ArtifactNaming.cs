namespace SparseLlm.Recipes.Tests;

public sealed class ArtifactNaming
{
    [Theory]
    [InlineData("opt-125m", "opt-125m-50")]
    [InlineData("my model", "my-model-50")]
    [InlineData("a+b", "a-b-50")]
    [InlineData("\"q\"", "q-50")]
    [InlineData("a\nb\u2028c", "a-b-c-50")]
    [InlineData(".hidden.", "hidden-50")]
    [InlineData(".", "model-50")]
    [InlineData("", "model-50")]
    [InlineData("模型", "model-50")]
    [InlineData("aux.x", "model-aux.x-50")]
    [InlineData("con", "con-50")]
    public void A_name_is_made_of_any_name(string name, string expected)
    {
        ArtifactNames.From(name, "-50").ShouldBe(expected);
        ArtifactNames.Problem(expected).ShouldBeNull();
    }

    [Fact]
    public void A_name_that_is_too_long_is_cut()
        => ArtifactNames.Problem(ArtifactNames.From(new string('x', 5000), "-2of4")).ShouldBeNull();

    [Fact]
    public void Whatever_the_name_the_one_made_of_it_is_valid()
    {
        const string alphabet = "ab.-_ /\\:#*&!\"'$\0\n漢é\ud83dCONux";
        var random = new Random(3);
        for (int round = 0; round < 2000; round++)
        {
            string name = new(
                [.. Enumerable.Range(0, random.Next(12)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            ArtifactNames.Problem(ArtifactNames.From(name, "-2of4")).ShouldBeNull(name);
        }
    }
}
