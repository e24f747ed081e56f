namespace Gateway.UnitTests.Support;

/// <summary>Does it hold for every input of a class, not only for the ones somebody thought of?</summary>
internal static class Law
{
    public static void Holds<T>(Gen<T> inputs, Action<T> assertion, int inputsTried = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(inputsTried).WithQuietOnSuccess(true), Prop.ForAll(inputs.ToArbitrary(), assertion));

    /// <summary>Text of these characters, from empty to <paramref name="longest"/>.</summary>
    public static Gen<string> TextOf(string alphabet, int longest = 12) =>
        from length in Gen.Choose(0, longest)
        from characters in Gen.ArrayOf(Gen.Elements(alphabet.ToCharArray()), length)
        select new string(characters);

    /// <summary>Any text that is valid Unicode: ASCII, controls, accents, other scripts, emoji.</summary>
    public static Gen<string> AnyText(int longest = 12) =>
        from length in Gen.Choose(0, longest)
        from runes in Gen.ArrayOf(Rune, length)
        select string.Concat(runes);

    private static Gen<string> Rune => Gen.Frequency<string>(
        (6, Gen.Choose(0x20, 0x7E).Select(c => ((char)c).ToString())),
        (2, Gen.Choose(0x00, 0x1F).Select(c => ((char)c).ToString())),
        (2, Gen.Elements(" ", "%", ",", "|", ";", "\u007F")),
        (2, Gen.Choose(0x80, 0xD7FF).Select(c => ((char)c).ToString())),
        (1, Gen.Choose(0x10000, 0x10FFFF).Select(char.ConvertFromUtf32)));
}
