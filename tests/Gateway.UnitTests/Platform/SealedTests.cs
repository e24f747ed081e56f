using System.Security.Cryptography;
using Gateway.Platform;
using Xunit;

namespace Gateway.UnitTests.Platform;

public class SealedTests
{
    [Fact]
    public void What_was_changed_in_any_byte_does_not_open()
    {
        var secrets = new Secrets();
        secrets.Use([new Secret(new string('s', 32))]);
        var box = Sealed.Seal(secrets.Current, "keys", "context", "hello"u8);

        Assert.Equal("hello"u8, Sealed.Open(secrets, "keys", "context", box));
        Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, "keys", "another", box));
        for (var i = 0; i < box.Length; i++)
        {
            var changed = box.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => Sealed.Open(secrets, "keys", "context", changed));
        }
    }
}
