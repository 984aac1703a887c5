namespace SparseLlm.Models.Tests.Tokenizers;

public class Decoding
{
    private const string Bytes = """{"type": "ByteFallback"}""";

    [Fact]
    public void Byte_level_tokens_become_text_across_token_borders() => ShouldDecode(
        """{"type": "ByteLevel"}""", ["ĠÃ", "©ð", "ŁĺĢ"], " é😀");

    [Fact]
    public void Bytes_that_are_not_text_become_replacement_characters() =>
        ShouldDecode("""{"type": "ByteLevel"}""", ["aÃ", "bðŁ", "c"], "a\uFFFDb\uFFFDc");

    [Fact]
    public void A_token_outside_the_byte_alphabet_stands_for_itself() =>
        ShouldDecode("""{"type": "ByteLevel"}""", ["Ġa", "<日 Ġ>"], " a<日 Ġ>");

    [Fact]
    public void Byte_tokens_become_text() => ShouldDecode(Bytes, ["a", "<0xC3>", "<0xA9>", "<0xZZ>"], "aé<0xZZ>");

    [Fact]
    public void A_run_of_byte_tokens_that_is_not_text_becomes_one_replacement_character_each() =>
        ShouldDecode(Bytes, ["<0xC3>", "<0xA9>", "<0xC3>", "a", "<0x41>"], "\uFFFD\uFFFD\uFFFDaA");

    [Fact]
    public void A_sequence_undoes_what_sentencepiece_does() => ShouldDecode(
        """
        {"type": "Sequence", "decoders": [
          {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
          {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
        """,
        ["▁▁a", "▁b", "<0x21>"],
        " a b!");

    [Fact]
    public void Stripping_takes_no_more_than_asked_for() =>
        ShouldDecode("""{"type": "Strip", "content": "x", "start": 1, "stop": 2}""", ["xxaxxx", "x", "ax"], "xaxa");

    [Theory]
    [InlineData("always", "a b")]
    [InlineData("never", " a b")]
    public void Metaspace_drops_the_space_that_was_put_first(string scheme, string text) => ShouldDecode(
        $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}"}""", ["▁a", "▁b"], text);

    [Fact]
    public void Without_a_decoder_tokens_are_joined_by_spaces() =>
        TokenizerJson.Model(["a", "b"]).Load().Decode([0, 1]).ShouldBe("a b");

    [Fact]
    public void Ids_without_a_token_are_passed_over() =>
        TokenizerJson.Model(["a", "b"]).Load().Decode([0, 7, -1, 1]).ShouldBe("a b");

    private static void ShouldDecode(string decoder, string[] tokens, string text) =>
        TokenizerJson.Model([.. tokens.Distinct()]).Set("decoder", decoder).Load()
            .Decode([.. tokens.Select(token => Array.IndexOf([.. tokens.Distinct()], token))]).ShouldBe(text);
}
