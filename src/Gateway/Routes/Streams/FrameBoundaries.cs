namespace Gateway.Routes.Streams;

/// <summary>Where does one WebSocket frame end and the next begin (RFC 6455 section 5.2)? For one direction; reads nothing but lengths.</summary>
internal struct FrameBoundaries
{
    private const int CloseOpcode = 8;

    private int position, headerLength, lengthEnds;
    private ulong announced, left;

    /// <summary>Here a control frame may be put in, also between the fragments of a message (section 5.4).</summary>
    public readonly bool IsBetweenFrames => position == 0 && left == 0;

    /// <summary>A close frame has begun: no frame may follow it.</summary>
    public bool HasClosed { get; private set; }

    /// <returns>How many of the bytes have passed: all, or, if that is asked for, those up to the next boundary.</returns>
    public int Pass(ReadOnlySpan<byte> bytes, bool toBoundary = false)
    {
        var at = 0;
        while (at < bytes.Length && !(toBoundary && IsBetweenFrames))
        {
            if (left == 0)
            {
                PassHeader(bytes[at++]);
                continue;
            }

            var step = (int)Math.Min(left, (ulong)(bytes.Length - at));
            left -= (ulong)step;
            at += step;
        }

        return at;
    }

    private void PassHeader(byte next)
    {
        switch (position++)
        {
            case 0:
                HasClosed |= (next & 0x0F) == CloseOpcode;
                return;
            case 1:
                var length = next & 0x7F;
                lengthEnds = length switch { 126 => 4, 127 => 10, _ => 2 };
                announced = lengthEnds == 2 ? (ulong)length : 0;
                headerLength = lengthEnds + ((next & 0x80) != 0 ? 4 : 0);      // masked, as all from a client are
                break;
            default:
                if (position <= lengthEnds)
                    announced = (announced << 8) | next;
                break;
        }

        if (position == headerLength)
            (left, position) = (announced, 0);
    }
}
