using Gateway.Bench;

// What docs/revocation.md and docs/operations.md promise, measured on a real PostgreSQL, a real Redis and three gateways, each a process of its own.
if (args.Except(["--quick", "--rollout"]).Any())
{
    Console.Error.WriteLine("Usage: dotnet run --project bench/Gateway.Revocation -c Release [-- [--quick] [--rollout]]; --rollout: only the rolling restarts");
    return 2;
}

var (logouts, remembered, idle, restarts) = args.Contains("--quick") ? (100, 100_000, 500, 4) : (1_000, 1_000_000, 5_000, 20);
Console.WriteLine($"{logouts:N0} logouts, {remembered:N0} remembered revocations, {restarts} restarts, {Environment.ProcessorCount} cores. Times are this machine's, and of this run.");

await using var stores = await Stores.StartAsync();
var failures = 0;

if (!args.Contains("--rollout"))
    await RevocationAsync();
failures += await RollingRestarts.MeasureAsync(stores, restarts);

Console.WriteLine(failures == 0 ? "\nNothing was accepted that was revoked, and no request failed." : $"\n{failures} violations or failed requests.");
return failures == 0 ? 0 : 1;

async Task RevocationAsync()
{
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
}
