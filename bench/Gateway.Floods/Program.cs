using System.Globalization;
using Gateway.Bench;

// What do others notice of a flood? Proxied requests at a quarter of what this machine can do, quiet and beside it: 99 of 100 take at most...
var seconds = args is ["--quick"] ? 5 : 20;
if (args.Length > 1 || args is [not "--quick"])
{
    Console.Error.WriteLine("Usage: dotnet run --project bench/Gateway.Floods -c Release [-- --quick]");
    return 2;
}

await using var gateway = await Served.StartAsync();
var token = await gateway.SignUpAsync("quiet");
var load = new Load(gateway.Url, token);
await load.CapacityAsync(TimeSpan.FromSeconds(5));      // in which the runtime puts its faster code in place
var capacity = await load.CapacityAsync(TimeSpan.FromSeconds(5));
var rate = capacity / 4;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, shared by gateway, backend and load. {capacity:0} requests/s at most, so {rate:0}/s for {seconds} s each.\n"));

foreach (var flood in new Flood[] { new LoginFlood(500), new WrongTokenFlood(64) })
{
    await flood.PrepareAsync(gateway);
    var before = await load.RunAsync(rate, TimeSpan.FromSeconds(seconds));
    using var stop = new CancellationTokenSource();
    var flooding = flood.RunAsync(gateway.Url, stop.Token);
    await Task.Delay(TimeSpan.FromSeconds(3));      // all of them connect at one moment, most of which is this process's own work
    var beside = await load.RunAsync(rate, TimeSpan.FromSeconds(seconds));
    await stop.CancelAsync();
    await flooding;
    var after = await load.RunAsync(rate, TimeSpan.FromSeconds(seconds));

    var quiet = Math.Max(before.Percentile(99), after.Percentile(99));      // the machine's own moods are no flood's
    Console.WriteLine($"""
        {flood.Name}: {flood.Summary}
           quiet before  {before}
           beside it     {beside}
           quiet after   {after}
           p99 beside it / quiet: {(beside.Percentile(99) / quiet).ToString("0.00", CultureInfo.InvariantCulture)} ({flood.Budget})

        """);
}

await HashesPerSecond.MeasureAsync(gateway);
await EqualTimes.MeasureAsync(gateway);
return load.Failures == 0 ? 0 : 1;
