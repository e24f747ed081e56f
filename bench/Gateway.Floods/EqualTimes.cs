using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Gateway.Bench;

/// <summary>Does the time of a refused login tell whether there is such a user, or what is stored of the password?</summary>
internal static class EqualTimes
{
    private const int Accounts = 4, Tries = 8;      // less than an account is allowed

    private static readonly (string Kind, string? Change)[] Kinds =
    [
        ("nobody", null),
        ("wrong", ""),
        ("disabled", "DisabledAt = 1"),
        ("imported, factor 4", Imported(4)),
        ("imported, factor 10", Imported(10)),
        ("imported, factor 13", Imported(13)),
        ("unreadable", "PasswordHash = 'x'"),
    ];

    public static async Task MeasureAsync(Served gateway)
    {
        foreach (var (kind, change) in Kinds.Where(kind => kind.Change is not null))
        {
            for (var i = 0; i < Accounts; i++)
            {
                await gateway.SignUpAsync(NameOf(kind, i));
                if (change is { Length: > 0 })
                    Execute(gateway.Database, $"UPDATE users SET {change} WHERE NormalizedUserName = '{NameOf(kind, i)}'");
            }
        }

        var times = Kinds.ToDictionary(kind => kind.Kind, _ => new Times());
        var address = 0;
        for (var n = 0; n < Accounts * Tries; n++)
        {
            foreach (var (kind, _) in Kinds)      // in turns: the machine's moods are everybody's
                times[kind].Add(await RefuseAsync(gateway.Url, NameOf(kind, n % Accounts), ++address));
        }

        Console.WriteLine($"Refused logins, {Accounts * Tries} of each kind in turns");
        foreach (var (kind, _) in Kinds)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {kind,-20}  {times[kind]}   median / nobody's: {times[kind].Percentile(50) / times["nobody"].Percentile(50):0.00}"));
        Console.WriteLine();
    }

    private static string NameOf(string kind, int i) => $"{kind.Replace(", factor ", "-", StringComparison.Ordinal)}-{i}";

    private static string Imported(int workFactor) => $"PasswordHash = '{BCrypt.Net.BCrypt.HashPassword(Served.Password, workFactor)}'";

    private static async Task<TimeSpan> RefuseAsync(string url, string name, int address)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, url + "/auth/login") { Content = JsonContent.Create(new { username = name, password = "not the password" }) };
        request.Headers.Add("X-Forwarded-For", $"10.1.{address / 250}.{address % 250}");      // one address would be told to wait

        var started = Stopwatch.GetTimestamp();
        using var answer = await client.SendAsync(request);
        var took = Stopwatch.GetElapsedTime(started);
        return answer.StatusCode is HttpStatusCode.Unauthorized ? took : throw new InvalidOperationException($"{name}: {answer.StatusCode}");
    }

    private static void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (command.ExecuteNonQuery() != 1)
            throw new InvalidOperationException(sql);
    }
}
