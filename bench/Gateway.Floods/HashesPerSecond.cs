using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Gateway.Bench;

/// <summary>How much of the time of its one hashing thread does a gateway spend on anything but hashing?</summary>
internal static class HashesPerSecond
{
    private const int Clients = 8, Rounds = 5;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(4);

    public static async Task MeasureAsync(Served gateway)
    {
        for (var i = 0; i < Clients; i++)
            await gateway.SignUpAsync($"hashed{i}");
        var stored = Stored(gateway.Database);
        var bcrypt = stored[stored.LastIndexOf("$2", StringComparison.Ordinal)..];
        await LogInAsync(gateway.Url);
        var (bare, served) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            bare.Add(await Task.Factory.StartNew(() => Bare(bcrypt), TaskCreationOptions.LongRunning));
            served.Add(await LogInAsync(gateway.Url));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            Logins of {Clients} people who wait for nothing, and bare BCrypt of the same work factor, one thread each, {Rounds} rounds of {Round.TotalSeconds:0} s in turns
               hashes/s bare  {Median(bare):0.00}   logins/s  {Median(served):0.00}   ratio {Median(served) / Median(bare):0.00} (bar 0.95)

            """));
    }

    private static double Bare(string bcrypt)
    {
        var (started, count) = (Stopwatch.GetTimestamp(), 0);
        for (; Stopwatch.GetElapsedTime(started) < Round; count++)
            _ = BCrypt.Net.BCrypt.Verify("as long as what the gateway hashes, which is 64 of these: 1234567", bcrypt);
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // Whoever is within the time begins; what was begun is counted, with the time until the last.
    private static async Task<double> LogInAsync(string url)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async n =>
        {
            using var client = new HttpClient();
            var count = 0;
            for (; Stopwatch.GetElapsedTime(started) < Round; count++)
            {
                using var answer = await client.PostAsJsonAsync(url + "/auth/login", new { username = $"hashed{n}", password = Served.Password });
                answer.EnsureSuccessStatusCode();
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static string Stored(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT PasswordHash FROM users WHERE NormalizedUserName = 'hashed0'";
        return (string)command.ExecuteScalar()!;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
