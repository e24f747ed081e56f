using System.Globalization;

namespace Gateway.IntegrationTests.Support;

/// <summary>What Linux says of one thread of a server (proc(5)).</summary>
internal sealed record ServerThread(string Name, int Niceness, int Policy)
{
    // Of the fields of /proc/PID/task/TID/stat, after the name.
    private const int NicenessField = 16, PolicyField = 38;

    public static ServerThread[] Of(ServerProcess server) => [.. Directory.GetDirectories($"/proc/{server.Id}/task").Select(Read).OfType<ServerThread>()];

    private static ServerThread? Read(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            var (from, to) = (stat.IndexOf('('), stat.LastIndexOf(')'));
            var fields = stat[(to + 2)..].Split(' ');
            return new(stat[(from + 1)..to], int.Parse(fields[NicenessField], CultureInfo.InvariantCulture), int.Parse(fields[PolicyField], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;      // it has ended meanwhile
        }
    }
}
