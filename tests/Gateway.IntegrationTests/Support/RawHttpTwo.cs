using System.Buffers.Binary;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>What a hostile client sends over HTTP/2: fields that no library would, in one frame (RFC 9113, RFC 7541 without any compression).</summary>
internal static class RawHttpTwo
{
    private const byte HeadersFrame = 1, ResetStream = 3, Settings = 4, GoAway = 7;
    private const byte EndStream = 1, EndHeaders = 4;

    /// <returns>The status of the answer; 0: the stream was reset or the connection closed.</returns>
    public static async Task<int> StatusOfAsync(Uri server, string method, string path, params (string Name, string Value)[] fields)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, timeout.Token);
        await using var stream = client.GetStream();
        await using var _ = timeout.Token.Register(client.Close);

        byte[] block = [.. Field(":method", method), .. Field(":scheme", "http"), .. Field(":path", path), .. Field(":authority", server.Authority), .. fields.SelectMany(field => Field(field.Name, field.Value))];
        await stream.WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(HeadersFrame, EndStream | EndHeaders, 1, block)], timeout.Token);

        var head = new byte[9];
        while (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, timeout.Token) == head.Length)
        {
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, timeout.Token);
            switch (head[3])
            {
                case HeadersFrame:
                    return Status(payload);
                case ResetStream or GoAway:
                    return 0;
            }
        }

        return 0;
    }

    // Never indexed, name and value as they are: 0x10, then two strings.
    private static byte[] Field(string name, string value) => [0x10, .. Text(name), .. Text(value)];

    private static byte[] Text(string text) => [.. Length(text.Length), .. Encoding.Latin1.GetBytes(text)];

    // RFC 7541 section 5.1, with a prefix of 7 bits.
    private static byte[] Length(int length)
    {
        if (length < 127)
            return [(byte)length];

        List<byte> bytes = [127];
        for (length -= 127; length >= 128; length /= 128)
            bytes.Add((byte)((length % 128) | 128));
        return [.. bytes, (byte)length];
    }

    private static byte[] Frame(byte type, byte flags, int streamId, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // The static table has seven of them; the others are written out behind the index of their name.
    private static int Status(ReadOnlySpan<byte> block)
    {
        while ((block[0] & 0xE0) == 0x20)
            block = block[1..];      // the table's size
        return block[0] is >= 0x88 and <= 0x8E
            ? ((ReadOnlySpan<int>)[200, 204, 206, 304, 400, 404, 500])[block[0] - 0x88]
            : int.Parse(Encoding.ASCII.GetString(block.Slice(2, 3)), System.Globalization.CultureInfo.InvariantCulture);
    }
}
