namespace Gateway.Routes.Streams;

/// <summary>A stream between YARP and one side, whose reading the gateway can interrupt. Only what YARP does with it is supported.</summary>
internal abstract class EndableStream(CancellationToken ending) : Stream
{
    private CancellationToken linkedTo;
    private CancellationTokenSource? linked;

    /// <summary>Cancelled by the caller, or by the end. YARP reads with one token all the time, so it is made once.</summary>
    protected CancellationToken OrEnding(CancellationToken ct)
    {
        if (linked is null || linkedTo != ct)
        {
            linked?.Dispose();
            (linked, linkedTo) = (CancellationTokenSource.CreateLinkedTokenSource(ct, ending), ct);
        }

        return linked.Token;
    }

    protected override void Dispose(bool disposing)
    {
        linked?.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
