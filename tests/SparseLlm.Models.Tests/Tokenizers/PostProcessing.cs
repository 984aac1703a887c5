using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

public class PostProcessing
{
    private const string Template = """
        {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "s", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "e", "type_id": 0}}],
         "pair": [],
         "special_tokens": {"s": {"id": "s", "ids": [1, 2], "tokens": ["x", "y"]}, "e": {"id": "e", "ids": [3], "tokens": ["z"]}}}
        """;

    [Fact]
    public void A_template_puts_special_tokens_around_the_text()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set("post_processor", Template).Load();
        tokenizer.Encode("aa").ShouldBe([1, 2, 0, 0, 3]);
        tokenizer.Encode("").ShouldBe([1, 2, 3]);
        tokenizer.Encode("aa", addSpecialTokens: false).ShouldBe([0, 0]);
    }

    [Fact]
    public void A_sequence_may_hold_a_template_among_steps_that_only_move_offsets() => TokenizerJson.Model(["a"])
        .Set("post_processor", $$"""{"type": "Sequence", "processors": [{"type": "ByteLevel"}, {{Template}}]}""").Load()
        .Encode("a").ShouldBe([1, 2, 0, 3]);
}
