using System.Diagnostics;
using System.Globalization;
using Gateway.Routes;
using Gateway.Sessions;

namespace Gateway.Bench;

/// <summary>What does a request with a remembered credential cost at the gate, with nothing revoked and with a million?</summary>
internal static class HitCost
{
    private const int Tokens = 1_000, WarmUps = 10, Rounds = 20, CallsPerRound = 100_000;

    public static async Task MeasureAsync(Million million)
    {
        await using var without = await Million.StartAsync(million.Without);
        await using var with = await Million.StartAsync(million.With);
        var (none, all) = (await Asker.CreateAsync(without.Services), await Asker.CreateAsync(with.Services));
        for (var i = 0; i < WarmUps; i++)
        {
            _ = none.Nanoseconds(news: i % 2 == 0) + all.Nanoseconds(news: i % 2 == 0);
            await Task.Delay(200);      // in which the runtime puts its faster code in place
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            6. Cost of a hit at the gate: {Tokens:N0} remembered tokens in rotation, {Rounds * CallsPerRound:N0} calls each way in turns, nanoseconds of a call

                                             nothing revoked        {million.Count,9:N0} revoked     ratio of medians
               nothing new since the last    {Compare(none, all, news: false)}
               a revocation arrived between  {Compare(none, all, news: true)}
            """));
    }

    /// <summary>Whom so many remembered tokens prove.</summary>
    public static async Task<Identity[]> IdentitiesAsync(IServiceProvider gateway) => (await Asker.CreateAsync(gateway)).Identities;

    private static string Compare(Asker none, Asker all, bool news)
    {
        var (without, with) = (new double[Rounds], new double[Rounds]);
        for (var i = 0; i < Rounds; i++)
            (without[i], with[i]) = (none.Nanoseconds(news), all.Nanoseconds(news));

        Array.Sort(without);
        Array.Sort(with);
        return string.Create(CultureInfo.InvariantCulture,
            $"{without[Rounds / 2],6:0} (best {without[0],4:0})      {with[Rounds / 2],6:0} (best {with[0],4:0})     {with[Rounds / 2] / without[Rounds / 2]:0.00}");
    }

    /// <summary>Who asks one gateway's gate, as the proxied path does.</summary>
    private sealed class Asker(Gate gate, RoutePolicy policy, HttpContext[] requests, Identity[] identities)
    {
        public Identity[] Identities => identities;

        public static async Task<Asker> CreateAsync(IServiceProvider gateway)
        {
            var (gate, policy) = (gateway.GetRequiredService<Gate>(), gateway.GetRequiredService<Rulebooks>().Current.Policies["orders"]);
            var requests = (await Mint.TokensAsync(gateway, Tokens)).Select(token =>
            {
                var http = new DefaultHttpContext();
                http.Request.Headers.Authorization = "Bearer " + token;
                return http;
            }).ToArray();

            List<Identity> identities = [];
            foreach (var http in requests)
                identities.Add((await gate.JudgeAsync(http, policy)).Identity ?? throw new InvalidOperationException("A token of ours was refused."));
            return new(gate, policy, requests, [.. identities]);
        }

        public double Nanoseconds(bool news)
        {
            var started = Stopwatch.GetTimestamp();
            var passed = 0;
            for (var i = 0; i < CallsPerRound; i++)
            {
                var n = i % Tokens;
                if (news)
                    identities[n].CleanAt = 0;      // as it is when anything was revoked since: it is looked up again
                var judged = gate.JudgeAsync(requests[n], policy);
                passed += judged.IsCompletedSuccessfully && judged.Result.Identity is not null ? 1 : 0;
            }

            var took = Stopwatch.GetElapsedTime(started);

            // Now and then one waits for a reading after a pause of this process, and counts as well.
            return passed > CallsPerRound * 0.9 ? took.TotalNanoseconds / CallsPerRound : throw new InvalidOperationException($"Only {passed} of {CallsPerRound} calls were hits.");
        }
    }
}
