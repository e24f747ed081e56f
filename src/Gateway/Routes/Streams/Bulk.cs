using Gateway.Platform;

namespace Gateway.Routes.Streams;

/// <summary>Does one exchange move so much that it belongs on the pool, where it takes no thread of sockets from the others?</summary>
internal struct Bulk
{
    private const int Piece = 8 * 1024, Enough = 64 * 1024;      // bytes

    private int moved;

    /// <param name="count">What was moved now, in bytes. What is said in small pieces is never too much.</param>
    /// <returns>True: go on after <see cref="PoolThread.EnterAsync"/>.</returns>
    public bool IsTooMuch(int count)
    {
        if (count < Piece)
            return false;

        moved = Math.Min(moved + count, Enough);
        return moved == Enough;
    }
}
