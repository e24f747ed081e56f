using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Sessions;

namespace Gateway.Bench;

/// <summary>What does it cost to remember them all?</summary>
internal static partial class Memory
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    public static async Task MeasureAsync(Million million)
    {
        var (without, with) = (await HeapAsync(million.Without, 0), await HeapAsync(million.With, million.Count));
        var (small, large) = (await ResidentAsync(million, million.Without), await ResidentAsync(million, million.With));
        var bytes = (double)(with - without) / million.Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            5. Memory of {million.Count:N0} revocations, read from SQL at the start, against the same start without them
               heap after a full collection  {with / 1e6:0.0} MB against {without / 1e6:0.0} MB: {bytes:0.0} bytes each (at most 64)
               resident set of a process     {large / 1e6:0.0} MB against {small / 1e6:0.0} MB, {Settled.TotalSeconds:0} s after the start, with what loading left to be collected
            """));
    }

    private static async Task<long> HeapAsync(string file, int expected)
    {
        var before = Collected();
        await using var host = await Million.StartAsync(file);
        if (host.Services.GetRequiredService<Revocations>().Count is var loaded && loaded != expected)
            throw new InvalidOperationException($"{loaded} revocations were loaded instead of {expected}.");
        return Collected() - before;
    }

    private static long Collected()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task<long> ResidentAsync(Million million, string file)
    {
        await using var process = await ServerProcess.StartAsync(Gateways.Serve(file, million.Folder));
        await Task.Delay(Settled);
        return await ResidentAsync(process.Id);
    }

    /// <summary>In bytes.</summary>
    public static async Task<long> ResidentAsync(int processId) =>
        1024 * long.Parse(Kilobytes().Match(await File.ReadAllTextAsync($"/proc/{processId}/status")).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"VmRSS:\s+(\d+)")]
    private static partial Regex Kilobytes();
}
