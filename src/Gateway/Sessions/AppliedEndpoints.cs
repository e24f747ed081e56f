using System.Globalization;
using System.Text.Json.Serialization;
using Gateway.Platform.Database;

namespace Gateway.Sessions;

/// <summary>Does it hold everywhere? For who asks with <c>Prefer: wait=SECONDS</c> (RFC 7240 section 4.3).</summary>
internal static class AppliedEndpoints
{
    private const int MostSeconds = 30;

    /// <summary>204; or, when the client prefers to wait, how many replicas have applied what <paramref name="db"/> committed last.</summary>
    public static async Task<IResult> NoContentOrAppliedAsync(this HttpContext http, GatewayDatabase db, CancellationToken ct)
    {
        if (PreferredWait(http.Request) is not { } patience)
            return TypedResults.NoContent();

        var replicas = http.RequestServices.GetRequiredService<Replicas>();
        var (isComplete, count, live, took) = await replicas.WaitAsync(db.HasRevoked, db.Announced, patience, ct);
        http.Response.Headers["Preference-Applied"] = "wait";
        return TypedResults.Json(new AppliedResponse(
            isComplete ? "all" : $"{count}/{live?.ToString(CultureInfo.InvariantCulture) ?? "?"}", live, (long)Math.Ceiling(took.TotalMilliseconds)));
    }

    /// <summary>What is not understood is ignored (RFC 7240 section 2); of two the first counts. What follows a semicolon belongs to another preference.</summary>
    public static TimeSpan? PreferredWait(HttpRequest request)
    {
        foreach (var preference in request.Headers["Prefer"].SelectMany(line => (line ?? "").Split(',')))
        {
            var pair = preference.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length == 2 && pair[0].Equals("wait", StringComparison.OrdinalIgnoreCase))
                return SecondsOf(pair[1]) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        }

        return null;
    }

    // A number too large for an integer is a long time all the same (RFC 9111 section 1.2.2).
    private static int? SecondsOf(string text) =>
        text.Length == 0 || !text.All(char.IsAsciiDigit) ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, MostSeconds) : MostSeconds;
}

/// <param name="Applied">"all"; "n/m" of the live replicas; "n/?" when nobody can tell how many there are.</param>
/// <param name="Replicas">How many are live; null: nobody can tell.</param>
/// <param name="Milliseconds">How long that took after the commit.</param>
public sealed record AppliedResponse(string Applied, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Replicas, long Milliseconds);
