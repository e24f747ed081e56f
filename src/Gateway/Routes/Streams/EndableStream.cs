namespace Gateway.Routes.Streams;

/// <summary>A stream whose reading the gateway can interrupt.</summary>
internal abstract class EndableStream(CancellationToken ending) : RelayedStream
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
}
