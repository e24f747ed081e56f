using Gateway.Bench;

// What docs/revocation.md promises, measured on a real PostgreSQL, a real Redis and three gateways, each a process of its own.
if (args is not ([] or ["--quick"]))
{
    Console.Error.WriteLine("Usage: dotnet run --project bench/Gateway.Revocation -c Release [-- --quick]");
    return 2;
}

var (logouts, remembered, idle) = args.Length > 0 ? (100, 100_000, 500) : (1_000, 1_000_000, 5_000);
Console.WriteLine($"{logouts:N0} logouts, {remembered:N0} remembered revocations, {Environment.ProcessorCount} cores. Times are this machine's, and of this run.");

await using var stores = await Stores.StartAsync();
var failures = 0;

await using (var gateways = await Gateways.StartAsync(stores))
{
    await Propagation.MeasureAsync(gateways, stores.Redis, logouts);
    failures += await Proof.MeasureAsync(gateways, logouts);
    failures += await RedisFaults.MeasureAsync(gateways, stores.Redis);
    failures += await Connections.MeasureAsync(gateways, stores.Backend, logouts / 20);
}

var million = await Million.FillAsync(stores, remembered);
await Memory.MeasureAsync(million);
await HitCost.MeasureAsync(million);
await Registered.MeasureAsync(million);
await Idle.MeasureAsync(stores, idle);

Console.WriteLine(failures == 0 ? "\nNothing was accepted that was revoked, and no request failed." : $"\n{failures} violations or failed requests.");
return failures == 0 ? 0 : 1;
