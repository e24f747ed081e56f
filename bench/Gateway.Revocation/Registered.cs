using System.Diagnostics;
using System.Globalization;
using Gateway.Sessions;
using Gateway.Sessions.Connections;

namespace Gateway.Bench;

/// <summary>What do registered connections cost a revocation, and each other?</summary>
internal static class Registered
{
    private const int Many = 10_000, Revoked = 200, Exchanges = 200_000;
    private static readonly ConnectionTerms Terms = new((_, _, _) => true);

    public static async Task MeasureAsync(Million million)
    {
        await using var host = await Million.StartAsync(million.With);
        var (connections, revocations) = (host.Services.GetRequiredService<OpenConnections>(), host.Services.GetRequiredService<Revocations>());
        var identities = await HitCost.IdentitiesAsync(host.Services);
        var (victims, others) = (new Queue<Identity>(identities[..(2 * Revoked + 1)]), identities[(2 * Revoked + 1)..]);
        _ = await EndAsync(connections, revocations, victims.Dequeue());

        var (few, fewEach) = (new Times(), Nanoseconds(connections, others[0]));
        for (var i = 0; i < Revoked; i++)
            few.Add(await EndAsync(connections, revocations, victims.Dequeue()));

        for (var i = 0; i < Many; i++)
            connections.TryOpen(new DefaultHttpContext(), others[i % others.Length], Terms);
        var (many, manyEach) = (new Times(), Nanoseconds(connections, others[0]));
        for (var i = 0; i < Revoked; i++)
            many.Add(await EndAsync(connections, revocations, victims.Dequeue()));

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            7. Registered connections of {identities.Length:N0} sessions, with {million.Count:N0} revocations in memory
               revocation to end, nothing else open       {few}
               the same, {Many,6:N0} open                     {many}   (p50 must be below 10 ms)
               to register and to leave, nothing open     {fewEach,8:0} ns
               the same, {Many,6:N0} open                     {manyEach,8:0} ns
            """));
    }

    private static async Task<TimeSpan> EndAsync(OpenConnections connections, Revocations revocations, Identity whose)
    {
        var ended = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);      // not within the walk
        var connection = connections.TryOpen(new DefaultHttpContext(), whose, Terms)!;
        connection.Become(ConnectionKind.WebSocket, _ => ended.SetResult(Stopwatch.GetTimestamp()));
        var begun = Stopwatch.GetTimestamp();
        revocations.Apply([new() { Issuer = Revocation.OwnIssuer, Kind = RevocationKind.Session, Value = whose.Claims.SessionId!, ExpiresAt = DateTimeOffset.UtcNow.AddHours(1) }]);
        var took = Stopwatch.GetElapsedTime(begun, await ended.Task);
        connections.Close(connection);
        return took;
    }

    private static double Nanoseconds(OpenConnections connections, Identity whose)
    {
        var http = new DefaultHttpContext();
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < Exchanges; i++)
            connections.Close(connections.TryOpen(http, whose, Terms)!);
        return Stopwatch.GetElapsedTime(begun).TotalNanoseconds / Exchanges;
    }
}
