using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Gateway.IntegrationTests.Support;

/// <summary>A PostgreSQL server of its own: a new data folder, a free port of the loopback, gone when it is disposed. It can be stopped, frozen and cut off.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string Password = "postgres secret of the tests";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string? Other = Environment.UserName == "root" ? "postgres" : null;      // it refuses to run as root
    private static int databases;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-postgres-");
    private readonly int port = FreePort();
    private Process? process;

    private PostgresServer() { }

    /// <summary>How many rows that condition meets, with columns in quotation marks: sessions WHERE "EndedAt" IS NULL.</summary>
    public async Task<long> CountAsync(string rows, string? connectionString = null) =>
        long.Parse((await RowsAsync($"SELECT count(*) FROM {rows}", connectionString))[0], CultureInfo.InvariantCulture);

    /// <summary>For the superuser, and the database that is always there.</summary>
    public string ConnectionString => To("postgres");

    public static async Task<PostgresServer> StartNewAsync()
    {
        var server = new PostgresServer();
        var password = Path.Combine(server.folder.FullName, "password");
        await File.WriteAllTextAsync(password, Password);
        if (Other is not null)
            await RunAsync(new("chown", ["-R", Other, server.folder.FullName]) { RedirectStandardOutput = true, RedirectStandardError = true });
        await RunAsync(server.Program("initdb", "--pgdata", server.Data, "--username", "postgres", "--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"));
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        process = Process.Start(Program("postgres", "-D", Data, "-p", port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder.FullName}", "-c", "fsync=off", "-c", "max_connections=300"))!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (process.HasExited || waited.Elapsed > Patience)
                throw new InvalidOperationException("PostgreSQL did not start.");
            await Task.Delay(100);
        }
    }

    /// <summary>At once, as after a crash: nobody is told.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("QUIT", process!.Id);
        await process.WaitForExitAsync();
    }

    /// <summary>It stays connected and answers nobody, until <see cref="ThawAsync"/>.</summary>
    public Task FreezeAsync() => SignalAllAsync("STOP");

    public Task ThawAsync() => SignalAllAsync("CONT");

    /// <summary>Ends every connection but this one.</summary>
    public Task CutConnectionsAsync() =>
        ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");

    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = FormattableString.Invariant($"gateway_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}");
        return To(name);
    }

    public Task DropDatabaseAsync(string connectionString) =>
        ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");

    /// <param name="sql">What to do.</param>
    /// <param name="connectionString">Where; without one: in the database that is always there.</param>
    public Task ExecuteAsync(string sql, string? connectionString = null) => RowsAsync(sql, connectionString);

    /// <summary>Every row, its columns between bars.</summary>
    public async Task<string[]> RowsAsync(string sql, string? connectionString = null)
    {
        await using var connection = new NpgsqlConnection((connectionString ?? ConnectionString) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => Text(reader.GetValue(i)))));
        return [.. rows];
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            await ThawAsync();
            await StopAsync();
        }

        process?.Dispose();
        folder.Delete(recursive: true);
    }

    private string Data => Path.Combine(folder.FullName, "data");

    private string To(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Database = database,
        Username = "postgres",
        Password = Password,
    }.ToString();

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await ExecuteAsync("SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static string Text(object value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        Array array => string.Join(',', array.Cast<object>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private ProcessStartInfo Program(string name, params string[] arguments)
    {
        string[] words = Other is null ? [Find(name), .. arguments] : ["setpriv", "--reuid", Other, "--regid", Other, "--clear-groups", Find(name), .. arguments];
        return new(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName };
    }

    /// <summary>Debian keeps it off the PATH.</summary>
    private static string Find(string name)
    {
        var folders = Environment.GetEnvironmentVariable("GATEWAY_TEST_POSTGRES") is { Length: > 0 } named ? [named]
            : Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(f => int.TryParse(Path.GetFileName(f), out var major) ? major : 0).Select(f => Path.Combine(f, "bin")).ToArray()
            : [];
        return folders.Concat(Environment.GetEnvironmentVariable("PATH")!.Split(':')).Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"PostgreSQL's {name} is not on this machine. Install it, or name the folder that it is in by GATEWAY_TEST_POSTGRES.");
    }

    // Each connection is a process, and a group, of its own.
    private async Task SignalAllAsync(string signal)
    {
        await SignalAsync(signal, process!.Id);
        foreach (var child in Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!).Where(IsChild).ToArray())
            await SignalAsync(signal, child);
    }

    private bool IsChild(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == process!.Id.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return false;      // it has ended meanwhile
        }
    }

    private static async Task SignalAsync(string signal, int id)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-" + signal, id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true })!;
        await kill.WaitForExitAsync();
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)}: {await output}{await error}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
