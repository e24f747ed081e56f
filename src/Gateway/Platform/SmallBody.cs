using System.Buffers;

namespace Gateway.Platform;

/// <summary>What did the client send us, as a whole? At most 16 KB, wiped when it has been read: it may hold a password.</summary>
internal static class SmallBody
{
    public const int MaxBytes = 16 * 1024;

    public static async ValueTask<(T? Value, Problem? Refusal)> ReadAsync<T>(HttpContext http, Func<ReadOnlySpan<byte>, (T?, Problem?)> parse) where T : class
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes + 1);
        try
        {
            if (http.Request.ContentLength > MaxBytes)
                return (null, Problems.TooLarge);

            var length = await http.Request.Body.ReadAtLeastAsync(buffer.AsMemory(0, MaxBytes + 1), MaxBytes + 1, false, http.RequestAborted);
            return length > MaxBytes ? (null, Problems.TooLarge) : parse(buffer.AsSpan(0, length));
        }
        catch (Exception e) when (IsTheClients(e))
        {
            return (null, Unreadable(e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Framed wrongly (a chunk size can overflow), sent too slowly, or given up: did it come from the client's side?</summary>
    public static bool IsTheClients(Exception e) => e is IOException or OverflowException or OperationCanceledException;

    public static Problem Unreadable(Exception e) =>
        Problems.RequestRefused("The body could not be read to its end as it was announced.", (e as BadHttpRequestException)?.StatusCode ?? 400);
}
