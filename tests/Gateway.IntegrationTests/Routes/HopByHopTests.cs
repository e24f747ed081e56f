using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Routes;

public sealed class HopGateway : TestGateway
{
    private readonly RawBackend raw;

    public HopGateway() => raw = new(async connection =>
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await connection.Stream.ReadAsync(buffer) is var read and > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            if (!text.ToString().Contains("\r\n0\r\n") || !text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                continue;

            Seen.Enqueue(text.ToString());
            text.Clear();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });

    /// <summary>Every byte of each chunked request.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    public Uri HttpTwoUrl => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());

    protected override void Configure(SettingsFile settings) => settings
        .Set("Kestrel:Endpoints:first:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Protocols", "Http2")
        .Destination("raw", raw.Url)
        .Route("raw", "/raw/{**rest}").Set("ReverseProxy:Routes:raw:ClusterId", "raw");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await raw.DisposeAsync();
    }
}

/// <summary>What a client says for us alone, or after its body, reaches no backend; and it takes nothing away that we say.</summary>
public sealed class HopByHopTests(HopGateway gateway) : GatewayTests<HopGateway>(gateway)
{
    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("x-user-id, X-User-Roles")]
    [InlineData("X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto")]
    [InlineData("Host, Content-Length, Transfer-Encoding")]
    [InlineData("close, X-User-Id")]
    public async Task Hop_by_hop_abuse_takes_nothing_away(string connection)
    {
        var anna = await gateway.KeptAsync("anna");

        await RawHttp.SendAsync(gateway.Url, $"POST /orders/1 HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer {anna.Session.AccessToken}\r\nConnection: {connection}\r\nContent-Length: 2\r\n\r\nhi");

        var headers = gateway.Backend.Request.Headers;
        Assert.Equal((anna.Session.User.Id, "user", "hi"), (headers["X-User-Id"], headers["X-User-Roles"], gateway.Backend.Request.Text));
        Assert.Equal(("shop.example", "127.0.0.1"), (headers["X-Forwarded-Host"], headers["X-Forwarded-For"]));
    }

    [Theory]
    [InlineData("X-Private")]
    [InlineData("TE,, x-private")]
    [InlineData("TE|X-Private")]
    public async Task Header_that_connection_names_goes_no_further(string connection)
    {
        var lines = string.Concat(connection.Split('|').Select(line => $"Connection: {line}\r\n"));

        await RawHttp.SendAsync(gateway.Url, $"GET /open/1 HTTP/1.1\r\nHost: a\r\n{lines}X-Private: 1\r\nX-Public: 2\r\n\r\n");

        var headers = gateway.Backend.Request.Headers;
        Assert.Equal((null, "2"), (headers["X-Private"], headers["X-Public"]));
        Assert.DoesNotContain("rivate", headers["Connection"] ?? "");
    }

    [Fact]
    public async Task Identity_in_a_trailer_reaches_no_backend()
    {
        var anna = await gateway.KeptAsync("anna");

        await RawHttp.SendAsync(gateway.Url, $"POST /raw/1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {anna.Session.AccessToken}\r\nConnection: close\r\nTrailer: X-User-Id, X_User_Roles\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-User-Id: admin\r\nX_User_Roles: admin\r\n\r\n");

        AssertSeen(anna);
    }

    [Fact]
    public async Task Identity_in_a_trailer_of_http_2_reaches_no_backend()
    {
        var anna = await gateway.KeptAsync("anna");
        using var client = await RawConnection.OpenAsync(gateway.HttpTwoUrl);

        await client.SendAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await client.SendAsync(Frame(type: 4, flags: 0, stream: 0, []));
        await client.SendAsync(Frame(type: 1, flags: 4, stream: 1, Block((":method", "POST"), (":scheme", "http"), (":path", "/raw/1"), (":authority", "a"), ("authorization", "Bearer " + anna.Session.AccessToken), ("trailer", "x-user-id"))));
        await client.SendAsync(Frame(type: 0, flags: 0, stream: 1, "hi"u8.ToArray()));
        await client.SendAsync(Frame(type: 1, flags: 5, stream: 1, Block(("x-user-id", "admin"), ("x_user_roles", "admin"))));
        await Eventually.IsAsync(() => Task.FromResult(gateway.Seen.Count), count => count > 0);

        AssertSeen(anna);
    }

    private void AssertSeen(Caller caller)
    {
        Assert.True(gateway.Seen.TryDequeue(out var seen));
        Assert.Contains($"X-User-Id: {caller.Session.User.Id}\r\n", seen);
        Assert.Contains("\r\n2\r\nhi\r\n0\r\n\r\n", seen);
        Assert.DoesNotContain("admin", seen);
        Assert.DoesNotContain("trailer", seen, StringComparison.OrdinalIgnoreCase);
    }

    // RFC 9113 section 4.1.
    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(), payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // Literals that nobody remembers (RFC 7541 section 6.2.2), so that it takes no table.
    private static byte[] Block(params (string Name, string Value)[] headers) => [.. headers.SelectMany(h => (byte[])[0, .. Text(h.Name), .. Text(h.Value)])];

    private static byte[] Text(string text)
    {
        var (length, bytes) = (text.Length - 127, new List<byte>());
        if (length < 0)
            bytes.Add((byte)text.Length);
        else
            for (bytes.Add(127); ; length >>= 7)
            {
                bytes.Add((byte)((length & 127) | (length > 127 ? 128 : 0)));
                if (length <= 127)
                    break;
            }

        return [.. bytes, .. Encoding.ASCII.GetBytes(text)];
    }
}
