using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Gateway.Bench;

// What does the gate itself cost, without Kestrel and YARP? Under a microsecond, and nothing allocated.
var summary = BenchmarkRunner.Run<Judging>(DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)), args);
var bytes = summary.Reports.Select(report => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)).ToArray();
if (bytes.Length > 0 && bytes.All(allocated => allocated == 0))
    return 0;

Console.Error.WriteLine("A hit allocates, or was not measured.");
return 1;
