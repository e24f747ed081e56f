using System.Globalization;

namespace Gateway.IntegrationTests.Support;

/// <summary>HTTP/1.1 messages off a stream, byte for byte as they came. One reader for the backend's side and the client's.</summary>
internal sealed class HttpStream(Stream stream)
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private int start, end;

    /// <summary>The lines of the next head without the empty one, or null at the end of the stream.</summary>
    public async Task<string[]?> ReadHeadAsync()
    {
        var lines = new List<string>();
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
                lines.Add(line);
            else if (lines.Count > 0)
                return [.. lines];
        }
        return lines.Count == 0 ? null : throw new EndOfStreamException($"The stream ended within a head: {string.Join(" | ", lines)}");
    }

    public async Task<byte[]> ReadBodyAsync(Headers headers, bool untilTheEnd)
    {
        if (headers.Has("Transfer-Encoding"))
            return await ReadChunksAsync();
        if (headers["Content-Length"] is { } length)
            return await ReadAsync(long.Parse(length, CultureInfo.InvariantCulture));
        return untilTheEnd ? await ReadAsync(long.MaxValue) : [];
    }

    /// <summary>Reads a body that is too large to keep, and gives its length.</summary>
    public async Task<long> SkipBodyAsync(Headers headers)
    {
        if (!headers.Has("Transfer-Encoding"))
            return await SkipAsync(long.Parse(headers["Content-Length"]!, CultureInfo.InvariantCulture));

        for (var total = 0L; ;)
        {
            var size = int.Parse((await ReadLineAsync())!.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            total += await SkipAsync(size);
            await ReadLineAsync();
            if (size == 0)
                return total;
        }
    }

    private async Task<long> SkipAsync(long count)
    {
        var skipped = 0L;
        while (skipped < count && await FillAsync())
        {
            var take = (int)Math.Min(end - start, count - skipped);
            (start, skipped) = (start + take, skipped + take);
        }
        return skipped;
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await ReadLineAsync())!.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
                break;
            body.Write(await ReadAsync(size));
            await ReadLineAsync();
        }
        while (await ReadLineAsync() is { Length: > 0 }) { }
        return body.ToArray();
    }

    private async Task<byte[]> ReadAsync(long count)
    {
        using var body = new MemoryStream();
        while (body.Length < count && await FillAsync())
        {
            var take = (int)Math.Min(end - start, count - body.Length);
            body.Write(buffer, start, take);
            start += take;
        }
        return body.ToArray();
    }

    private async Task<string?> ReadLineAsync()
    {
        using var line = new MemoryStream();
        while (await FillAsync())
        {
            var next = buffer[start++];
            if (next != '\n')
                line.WriteByte(next);
            else
                return Encoding.Latin1.GetString(line.ToArray()).TrimEnd('\r');
        }
        return line.Length == 0 ? null : throw new EndOfStreamException("The stream ended within a line.");
    }

    private async ValueTask<bool> FillAsync()
    {
        if (start < end)
            return true;
        start = 0;
        end = await stream.ReadAsync(buffer);
        return end > 0;
    }
}
