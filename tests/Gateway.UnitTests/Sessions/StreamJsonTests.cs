using System.Text.Json;
using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class StreamJsonTests
{
    private static readonly Gen<Revocation> AnyRevocation =
        from kind in Gen.Elements(Enum.GetValues<RevocationKind>())
        from issuer in Gen.Elements("", Made.Issuer)
        from value in Gen.Elements("", "s1", "jos\u00e9 \"\\\u0001")
        from version in Gen.Choose(0, 3)
        from disabled in Gen.Elements(true, false)
        from until in Gen.Elements<long?>(null, 0, 1_900_000_000)
        from expires in Gen.Elements(Made.Forever, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch)
        select new Revocation { Kind = kind, Issuer = issuer, Value = value, Version = version, Disabled = disabled, IssuedUntil = until, ExpiresAt = expires };

    // One that cannot be read again would stand in the way of all that follow it.
    [Fact]
    public void What_is_published_is_read_as_it_was() =>
        Law.Holds(AnyRevocation, revocation =>
        {
            var json = JsonSerializer.Serialize([revocation], StreamJson.Default.RevocationArray);

            var read = Assert.Single(JsonSerializer.Deserialize(json, StreamJson.Default.RevocationArray)!);

            Assert.Equal(
                (revocation.Kind, revocation.Issuer, revocation.Value, revocation.Version, revocation.Disabled, revocation.IssuedUntil, revocation.ExpiresAt),
                (read.Kind, read.Issuer, read.Value, read.Version, read.Disabled, read.IssuedUntil, read.ExpiresAt));
        });
}
