using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.Platform;

/// <summary>What Linux lets a process say of its threads. On other systems, or where it is forbidden, nothing happens.</summary>
internal static class LinuxThreads
{
    private const string Threads = "/proc/self/task";
    private const int LongestName = 15;
    private const int Batch = 3;      // SCHED_BATCH
    private const int Ended = 3;      // ESRCH

    /// <summary>Those of this process that are called so.</summary>
    public static IEnumerable<int> Called(string name) => Directory.Exists(Threads)
        ? from thread in Directory.EnumerateDirectories(Threads)
          where IsCalled(thread, name)
          select int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture)
        : [];

    private static bool IsCalled(string thread, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).AsSpan().TrimEnd('\n').SequenceEqual(name.AsSpan(0, Math.Min(name.Length, LongestName)));
        }
        // It has ended meanwhile, or is not ours to look at.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Niceness is each thread's own (setpriority(2)); .NET's priorities do nothing.</summary>
    /// <param name="thread">0: the one that asks.</param>
    /// <param name="niceness">Less than it has takes RLIMIT_NICE, or CAP_SYS_NICE.</param>
    /// <returns>False: it is forbidden.</returns>
    public static bool TrySetNiceness(int thread, int niceness) =>
        OperatingSystem.IsLinux() && (SetPriority(which: 0, thread, niceness) == 0 || Marshal.GetLastPInvokeError() is Ended);

    /// <summary>When it wakes it waits for its turn, and interrupts nobody (sched(7)).</summary>
    public static void LetWait(int thread)
    {
        var noPriority = 0;
        _ = SetScheduler(thread, Batch, ref noPriority);
    }

    [DllImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, int who, int niceness);

    [DllImport("libc", EntryPoint = "sched_setscheduler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetScheduler(int thread, int policy, ref int priority);
}
