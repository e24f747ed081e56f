using System.Globalization;

namespace Gateway.IntegrationTests.Support;

/// <summary>How the body of an answer ended for somebody who believes the wire and nothing else.</summary>
internal enum BodyEnd
{
    /// <summary>As HTTP says that a whole body ends.</summary>
    Whole,

    /// <summary>The connection was closed before the body was whole.</summary>
    Short,

    Reset,
}

/// <summary>An answer off the wire, whole or not: a truncated body must never look whole.</summary>
internal sealed record WireAnswer(string StatusLine, Headers Headers, long Bytes, BodyEnd End)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Sends that and reads one answer, or null if the connection ended without one.</summary>
    public static async Task<WireAnswer?> AskAsync(Uri server, string request)
    {
        using var client = await RawConnection.OpenAsync(server);
        await client.SendAsync(request);
        return await ReadAsync(client.Stream).WaitAsync(TimeSpan.FromMinutes(1));
    }

    public static async Task<WireAnswer?> ReadAsync(Stream stream)
    {
        var wire = new Wire(stream);
        if (await wire.LineAsync() is not { } status)
            return null;

        List<string> lines = [];
        while (await wire.LineAsync() is { Length: > 0 } line)
            lines.Add(line);
        var headers = new Headers(lines);
        await wire.BodyAsync(headers);
        return new(status, headers, wire.Bytes, wire.End);
    }

    private sealed class Wire(Stream stream)
    {
        private readonly byte[] buffer = new byte[64 * 1024];
        private int start, end;

        public long Bytes { get; private set; }

        public BodyEnd End { get; private set; }

        public async Task BodyAsync(Headers headers)
        {
            if (headers["Transfer-Encoding"] is "chunked")
                await ChunksAsync();
            else if (headers["Content-Length"] is { } length)
                await TakeAsync(long.Parse(length, CultureInfo.InvariantCulture));
            else
                while (await FillAsync()) // until the connection is closed, which is then the only sign that it is whole
                    Bytes += Take(int.MaxValue);
        }

        private async Task ChunksAsync()
        {
            while (await LineAsync() is { Length: > 0 } line)
            {
                var size = int.Parse(line.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (size > 0)
                    await TakeAsync(size);
                if (await LineAsync() is not "")
                    break;
                if (size == 0)
                    return;
            }

            if (End is BodyEnd.Whole)
                End = BodyEnd.Short;
        }

        private async Task TakeAsync(long count)
        {
            while (count > 0 && await FillAsync())
            {
                var taken = Take(count);
                (Bytes, count) = (Bytes + taken, count - taken);
            }

            if (count > 0 && End is BodyEnd.Whole)
                End = BodyEnd.Short;
        }

        private int Take(long count)
        {
            var taken = (int)Math.Min(end - start, count);
            start += taken;
            return taken;
        }

        public async Task<string?> LineAsync()
        {
            var line = new StringBuilder();
            while (await FillAsync())
            {
                var next = (char)buffer[start++];
                if (next == '\n')
                    return line.ToString().TrimEnd('\r');
                line.Append(next);
            }
            return null;
        }

        private async ValueTask<bool> FillAsync()
        {
            if (start < end)
                return true;
            try
            {
                (start, end) = (0, await stream.ReadAsync(buffer));
            }
            catch (IOException)
            {
                (start, end, End) = (0, 0, BodyEnd.Reset);
            }
            return end > 0;
        }
    }
}
