using Gateway.Platform;

namespace Gateway.UnitTests.Platform;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("https://[::1]:8443")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:80/")]
    [InlineData("http://app.example.com")]
    [InlineData("HTTP://0.0.0.0:65535")]
    [InlineData("http://unix:/run/gateway.sock")]
    public void What_kestrel_takes_is_an_address(string text) => Assert.NotNull(ListenAddress.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("8080")]
    [InlineData("localhost:8080")]
    [InlineData("ftp://localhost:8080")]
    [InlineData(" http://localhost:8080")]
    [InlineData("http://:8080")]
    [InlineData("http://localhost:many")]       // Kestrel: every address, port 80
    [InlineData("http://localhost:0")]
    [InlineData("http://127.0.0.1:65536")]
    [InlineData("http://127.0.0.1:-1")]
    [InlineData("http://localhost:8080/app")]
    [InlineData("http://a b:8080")]
    public void What_kestrel_throws_at_or_misreads_is_none(string text) => Assert.Null(ListenAddress.TryParse(text));

    [Theory]
    [InlineData("http://localhost:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://localhost:8080", "http://[::1]:8080", true)]
    [InlineData("http://127.0.0.1:8080", "http://[::1]:8080", false)]
    [InlineData("http://127.0.0.1:8080", "https://127.0.0.1:8080", true)]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://*:8080", "http://10.0.0.1:8080", true)]
    [InlineData("http://app.example.com:8080", "http://localhost:8080", true)]
    [InlineData("http://*:8080", "http://*:8081", false)]
    [InlineData("http://127.0.0.1:0", "http://127.0.0.1:0", false)]
    [InlineData("http://unix:/a", "http://unix:/a", true)]
    [InlineData("http://unix:/a", "http://unix:/b", false)]
    public void Two_that_would_meet_are_told(string one, string other, bool meet)
    {
        var (a, b) = (ListenAddress.TryParse(one)!, ListenAddress.TryParse(other)!);

        Assert.Equal(meet, a.Meets(b));
        Assert.Equal(meet, b.Meets(a));
    }

    [Theory]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.2:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://unix:/a", true)]
    [InlineData("http://[::]:8080", false)]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://app.example.com:8080", false)]
    public void Only_this_machine_reaches_a_local_one(string text, bool local) => Assert.Equal(local, ListenAddress.TryParse(text)!.IsLocal);
}
