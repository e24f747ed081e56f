using System.Globalization;
using Gateway.Bench;

// What do long bodies, connections that wait, and HTTP/2 cost behind the gateway, and behind YARP alone?
if (args is ["serve", var role, .. var rest])
{
    await Serving.RunAsync(role, rest);
    return 0;
}

var numbers = new Dictionary<string, int> { ["--gigabytes"] = 5, ["--rounds"] = 3, ["--seconds"] = 4, ["--warm-up"] = 10, ["--connections"] = 10_000, ["--sockets"] = 5_000, ["--tokens"] = 1000 };
var files = new Dictionary<string, string?> { ["--json"] = null, ["--gateway"] = Path.Combine(AppContext.BaseDirectory, "Gateway.dll") };
var only = "";
for (var i = 0; i < args.Length; i += 2)
{
    var (name, value) = (args[i], i + 1 < args.Length ? args[i + 1] : "");
    if (name == "--only" && value.Length > 0)
        only = value;
    else if (files.ContainsKey(name) && value.Length > 0)
        files[name] = Path.GetFullPath(value);
    else if (numbers.ContainsKey(name) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        numbers[name] = number;
    else
        return Refuse("Usage: dotnet run --project bench/Gateway.Streams -c Release [-- [--gigabytes 5] [--rounds 3] [--seconds 4] [--warm-up 10] [--connections 10000] [--sockets 5000] [--tokens 1000] [--only TEXT] [--json FILE] [--gateway PATH/Gateway.dll]] (0: not at all)");
}

if (!File.Exists(files["--gateway"]))
    return Refuse($"{files["--gateway"]} does not exist.");

await Peer.StepAsideAsync();
using var tokens = new Tokens(Math.Max(1, numbers["--tokens"]));
await using var bench = new Bench(tokens, files["--gateway"]!);
await bench.StartAsync();
var (transfers, exchanges, waiting) = (new List<Transfer>(), new List<Exchange>(), new List<Waiting>());
var (bytes, seconds, warmUp) = (numbers["--gigabytes"] * 1_000_000_000L, TimeSpan.FromSeconds(numbers["--seconds"]), TimeSpan.FromSeconds(numbers["--warm-up"]));
for (var round = 0; round < numbers["--rounds"]; round++)
{
    // There and back again: the machine's moods are everybody's.
    await bench.BothAsync(async (gateway, yarp) =>
    {
        Asked[] peers = round % 2 == 0 ? [gateway, yarp] : [yarp, gateway];
        foreach (var kind in Transfers.Kinds.Where(kind => bytes > 0 && IsWanted(kind.Name)))
        {
            foreach (var peer in peers)
                await Transfers.MeasureAsync(peer, kind, Transfers.WarmUp);
            foreach (var peer in peers)
                transfers.Add(Report(await Transfers.MeasureAsync(peer, kind, bytes)));
        }

        var small = Requests.Kinds.Where(kind => seconds > TimeSpan.Zero && IsWanted(kind.Name)).ToArray();
        foreach (var (kind, peer) in from kind in small from peer in peers select (kind, peer))
            await Requests.MeasureAsync(peer, kind, warmUp);
        foreach (var (kind, peer) in from kind in small from peer in peers select (kind, peer))
            exchanges.Add(Report(await Requests.MeasureAsync(peer, kind, seconds)));
        return 0;
    });
}

Console.WriteLine($"\n{(Peer.IsPinned ? "The peers on processor 0, backend and load on the others" : $"{Environment.ProcessorCount} processors, shared by all")}; medians of {numbers["--rounds"]} rounds in turns.");
if (transfers.Count > 0)
    Console.WriteLine($"\n| {numbers["--gigabytes"]} GB | gateway MB/s | {Peer.PlainYarp} MB/s | ratio | CPU, ratio | gateway's memory before, at most, then, MB | {Peer.PlainYarp}'s |\n|---|---|---|---|---|---|---|");
foreach (var kind in transfers.GroupBy(transfer => transfer.Kind))
{
    var (gateway, yarp) = (kind.Where(t => t.Peer != Peer.PlainYarp).ToArray(), kind.Where(t => t.Peer == Peer.PlainYarp).ToArray());
    var (ours, theirs) = (Median(gateway, t => t.Speed), Median(yarp, t => t.Speed));
    Print($"| {kind.Key} | {ours:0} | {theirs:0} | {ours / theirs:0.00} | {Median(gateway, t => t.Cpu) / Median(yarp, t => t.Cpu):0.00} | {Memory(gateway)} | {Memory(yarp)} |");
}

if (exchanges.Count > 0)
    Console.WriteLine($"\n| small exchanges | gateway, CPU µs for each | {Peer.PlainYarp} | ratio |\n|---|---|---|---|");
foreach (var kind in exchanges.GroupBy(exchange => exchange.Kind))
{
    var (ours, theirs) = (Median([.. kind.Where(e => e.Peer != Peer.PlainYarp)], e => e.Cpu), Median([.. kind.Where(e => e.Peer == Peer.PlainYarp)], e => e.Cpu));
    Print($"| {kind.Key} | {ours:0.0} | {theirs:0.0} | {ours / theirs:0.00} |");
}

if (numbers["--connections"] + numbers["--sockets"] > 0)
    Console.WriteLine("\n| connections | gateway, KB each | memory before, then, MB | " + Peer.PlainYarp + ", KB each | memory before, then, MB |\n|---|---|---|---|---|");
await WaitAsync(Idle.KeptAliveAsync, numbers["--connections"], filesOfEach: 1);
await WaitAsync(Idle.WebSocketsAsync, numbers["--sockets"], filesOfEach: 2);      // with the one to the backend

if (files["--json"] is { } file)
    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { transfers, exchanges, waiting }, new JsonSerializerOptions { WriteIndented = true }));
return 0;

bool IsWanted(string kind) => kind.Contains(only, StringComparison.Ordinal);

async Task WaitAsync(Func<Asked, int, Task<Waiting>> measure, int count, int filesOfEach)
{
    if (count == 0)
        return;

    if (Idle.Obstacle(count * filesOfEach) is { } obstacle)
    {
        Print($"| {count:N0}: not measured, for it {obstacle} |");
        return;
    }

    // New processes, so that nothing is left of what went before.
    var (ours, theirs) = await bench.BothAsync(async (gateway, yarp) =>
    {
        foreach (var peer in new[] { gateway, yarp })
            await measure(peer, Math.Max(1, count / 20));
        return (await measure(gateway, count), await measure(yarp, count));
    });
    waiting.AddRange([ours, theirs]);
    Print($"| {count:N0} {ours.Kind} | {ours.Each:0.0} | {ours.Before:0}, {ours.Then:0} | {theirs.Each:0.0} | {theirs.Before:0}, {theirs.Then:0} |");
}

static T Report<T>(T result)
{
    Console.Error.WriteLine(result);
    return result;
}

static double Median<T>(T[] results, Func<T, double> of) => results.Select(of).Order().ElementAt(results.Length / 2);

static string Memory(Transfer[] of) => string.Create(CultureInfo.InvariantCulture, $"{Median(of, t => t.Before):0}, {of.Max(t => t.Most):0}, {Median(of, t => t.After):0}");

static void Print(FormattableString row) => Console.WriteLine(FormattableString.Invariant(row));

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return 2;
}
