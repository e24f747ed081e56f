using System.Globalization;
using System.Text.Json;
using Gateway.Bench;

const int Identities = 100_000;

// What does a proxied request cost behind the gateway, and behind what people use instead?
if (args is ["serve", var role, .. var rest])
{
    await Serving.RunAsync(role, rest);
    return 0;
}

if (!Options.TryRead(args, out var options))
{
    Console.Error.WriteLine("Usage: dotnet run --project bench/Gateway.Proxying -c Release [-- [--rounds 3] [--seconds 4] [--warm-up 20] [--json FILE] [--gateway PATH/Gateway.dll]]");
    return 2;
}

await Peer.StepAsideAsync();
using var tokens = new Tokens(1000);
await using var bench = await Bench.StartAsync(tokens, options);
var results = new List<Result>();
for (var round = 0; round < options.Rounds; round++)
{
    // There and back again: the machine's moods are everybody's.
    foreach (var peer in round % 2 == 0 ? bench.Peers : bench.Peers.Reverse())
        results.Add(await bench.MeasureAsync(peer, round));
}

var rows = results.GroupBy(result => result.Peer).Select(Row.Of).ToArray();
var plain = rows.Single(row => row.Peer == Peer.PlainYarp);
Console.WriteLine($"""

    {(Peer.IsPinned ? "Each peer on processor 0 alone, backend and load on the others" : $"{Environment.ProcessorCount} processors, shared by all")}; {Load.Connections} connections; medians of {options.Rounds} rounds of {options.Seconds} s after {options.WarmUp} s.

    | | CPU µs per request | × {Peer.PlainYarp} | p50 ms | p99 ms | first answer after ms | memory then, and at most, MB | failures |
    |---|---|---|---|---|---|---|---|
    """);
foreach (var row in rows)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Peer} | {row.Cpu:0.0} ({row.Least:0.0} to {row.Most:0.0}) | {row.Cpu / plain.Cpu:0.00} | {row.P50:0.00} | {row.P99:0.00} | {row.Start:0} | {row.Idle:0}, {row.Memory:0} | {row.Failures} |"));
var each = await bench.RememberAsync(Identities);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{Identities:N0} more identities that are remembered: {each:0} bytes each, of the resident set."));
if (options.Json is { } file)
    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true }));
return rows.Any(row => row.Failures > 0) ? 1 : 0;

/// <summary>What the command line asks for.</summary>
internal sealed record Options(int Rounds, int Seconds, int WarmUp, string? Json, string Gateway)
{
    public static bool TryRead(string[] args, out Options options)
    {
        options = new(3, 4, 20, null, Path.Combine(AppContext.BaseDirectory, "Gateway.dll"));
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var read) && read > 0 ? read : 0;
            if (value.Length == 0 || (args[i] is "--rounds" or "--seconds" or "--warm-up" ? number == 0 : args[i] is not ("--json" or "--gateway")))
                return false;
            options = args[i] switch
            {
                "--rounds" => options with { Rounds = number },
                "--seconds" => options with { Seconds = number },
                "--warm-up" => options with { WarmUp = number },
                "--json" => options with { Json = Path.GetFullPath(value) },
                _ => options with { Gateway = Path.GetFullPath(value) },
            };
        }

        return File.Exists(options.Gateway) || Refuse(options.Gateway);
    }

    private static bool Refuse(string gateway)
    {
        Console.Error.WriteLine($"{gateway} does not exist.");
        return false;
    }
}

/// <summary>One peer in one round.</summary>
/// <param name="Cpu">Microseconds of the peer's process per request.</param>
/// <param name="Memory">Peak, in MB.</param>
internal sealed record Result(string Peer, int Round, double Cpu, double P50, double P99, double Start, double Idle, double Memory, long Requests, long Failures);

/// <summary>One peer in all rounds.</summary>
internal sealed record Row(string Peer, double Cpu, double Least, double Most, double P50, double P99, double Start, double Idle, double Memory, long Failures)
{
    public static Row Of(IGrouping<string, Result> results) => new(
        results.Key, Median(results.Select(r => r.Cpu)), results.Min(r => r.Cpu), results.Max(r => r.Cpu), Median(results.Select(r => r.P50)), Median(results.Select(r => r.P99)),
        Median(results.Select(r => r.Start)), Median(results.Select(r => r.Idle)), Median(results.Select(r => r.Memory)), results.Sum(r => r.Failures));

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;
}
