using Gateway.Platform.Configuration;

namespace Gateway.UnitTests.Platform.Configuration;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("ordres", " (did you mean 'orders'?)")]
    [InlineData("Orders", " (did you mean 'orders'?)")]
    [InlineData("order", " (did you mean 'orders'?)")]
    [InlineData("stafff", " (did you mean 'staff'?)")]
    [InlineData("somethingelse", "")]
    [InlineData("", "")]
    public void The_nearest_word_is_offered_if_it_is_near(string given, string suggestion) =>
        Assert.Equal(suggestion, Suggestion.For(given, ["orders", "staff"]));

    [Fact]
    public void Without_words_there_is_no_suggestion() => Assert.Equal("", Suggestion.For("orders", []));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("a", "", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("flaw", "lawn", 2)]
    [InlineData("same", "same", 0)]
    public void Distance_counts_the_edits(string a, string b, int edits) => Assert.Equal(edits, Suggestion.Distance(a, b));

    [Fact]
    public void Distance_is_a_metric() =>
        Law.Holds(Gen.ArrayOf(Law.TextOf("abc", 6), 3), words =>
        {
            var (a, b, c) = (words[0], words[1], words[2]);
            Assert.Equal(Suggestion.Distance(a, b), Suggestion.Distance(b, a));
            Assert.Equal(a == b, Suggestion.Distance(a, b) == 0);
            Assert.True(Suggestion.Distance(a, c) <= Suggestion.Distance(a, b) + Suggestion.Distance(b, c));
        });
}
