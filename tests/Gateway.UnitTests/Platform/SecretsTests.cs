using System.Security.Cryptography;
using Gateway.Platform;

namespace Gateway.UnitTests.Platform;

public sealed class SecretsTests
{
    private const string Old = "the secret before: thirty-two bytes or more";
    private const string New = "the secret in force: thirty-two bytes or more";

    [Fact]
    public void What_was_sealed_opens()
    {
        var secrets = Made.Secrets();

        var box = Sealed.Seal(secrets.Current, "keys", "k1", "plain"u8);

        Assert.Equal("plain"u8, Sealed.Open(secrets, "keys", "k1", box));
        Assert.Equal(secrets.Current.Id, Sealed.SecretIdOf(box));
        Assert.True(box.AsSpan().IndexOf("plain"u8) < 0);
    }

    [Fact]
    public void A_changed_byte_is_refused_wherever_it_is()
    {
        var secrets = Made.Secrets();
        var box = Sealed.Seal(secrets.Current, "keys", "k1", "plain"u8);

        for (var i = 0; i < box.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = box.ToArray();
                changed[i] ^= (byte)(1 << bit);
                Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, "keys", "k1", changed));
            }
        }
    }

    [Fact]
    public void A_shortened_or_lengthened_box_is_refused()
    {
        var secrets = Made.Secrets();
        var box = Sealed.Seal(secrets.Current, "keys", "k1", "plain"u8);

        for (var length = 0; length < box.Length; length++)
            Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, "keys", "k1", box.AsSpan(0, length)));
        Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, "keys", "k1", [.. box, 0]));
    }

    [Theory]
    [InlineData("keys", "k2")]
    [InlineData("keys", "")]
    [InlineData("passwords", "k1")]
    public void A_box_belongs_to_one_label_and_one_context(string label, string context)
    {
        var secrets = Made.Secrets();
        var box = Sealed.Seal(secrets.Current, "keys", "k1", "plain"u8);

        Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, label, context, box));
    }

    [Fact]
    public void A_previous_secret_opens_and_an_unknown_one_does_not()
    {
        var box = Sealed.Seal(new Secret(Old), "keys", "k1", "plain"u8);

        Assert.Equal("plain"u8, Sealed.Open(Made.Secrets(New, Old), "keys", "k1", box));
        Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(Made.Secrets(New), "keys", "k1", box));
    }

    [Fact]
    public void Two_boxes_of_the_same_bytes_differ()
    {
        var secret = new Secret(New);

        Assert.NotEqual(Sealed.Seal(secret, "keys", "k1", "plain"u8), Sealed.Seal(secret, "keys", "k1", "plain"u8));
    }

    [Fact]
    public void Every_label_has_a_key_of_its_own()
    {
        var secret = new Secret(New);
        string[] labels = ["keys", "passwords", "refresh", "refresh-tag", "cookies", "id"];

        Assert.Equal(labels.Length, labels.Select(l => Convert.ToHexString(secret.Derive(l))).Distinct().Count());
        Assert.Equal(secret.Derive("keys"), new Secret(New).Derive("keys"));
        Assert.NotEqual(secret.Derive("keys"), new Secret(Old).Derive("keys"));
    }

    [Fact]
    public void The_id_of_a_secret_tells_it_from_others()
    {
        Assert.Matches("^[0-9a-f]{16}$", new Secret(New).Id);
        Assert.Equal(new Secret(New).Id, new Secret(New).Id);
        Assert.NotEqual(new Secret(New).Id, new Secret(Old).Id);
    }

    [Fact]
    public void The_first_secret_is_the_one_in_force()
    {
        var secrets = Made.Secrets(New, Old);

        Assert.Equal(new Secret(New).Id, secrets.Current.Id);
        Assert.Same(secrets.All[1], secrets.Find(new Secret(Old).Id));
        Assert.Null(secrets.Find("0000000000000000"));
    }

    [Fact]
    public void Nothing_is_sealed_before_the_secret_is_known() =>
        Assert.Throws<InvalidOperationException>(() => new Secrets().Current);
}
