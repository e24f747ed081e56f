using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Gateway.Platform.Configuration;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Gateway.Platform.Database;

/// <summary>Is the server there and new enough, who opens its database now, and what may be tried again?</summary>
internal sealed class PostgresServer : Store, IDisposable
{
    /// <summary>The first with <c>xid8</c>.</summary>
    private const int OldestMajor = 13;

    private const int MaxWriters = 8;
    private const long OpeningLock = 0x47575931;      // "GWY1"; advisory locks are a database's own

    private static readonly TimeSpan ReachPatience = TimeSpan.FromSeconds(10), ReachInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MigrationTimeout = TimeSpan.FromMinutes(10);

    // A replica that was stopped in the middle of a transaction loses it, before those who wait for its locks give up.
    private static readonly TimeSpan IdlePatience = Transactions.LockPatience - TimeSpan.FromSeconds(1);

    /// <summary>What the operator's own connection string may say otherwise: a server that is frozen or cut off ends in an exception soon, and holds no locks for long.</summary>
    private static readonly string Defaults = new NpgsqlConnectionStringBuilder
    {
        ApplicationName = "gateway",
        MaxPoolSize = 20,
        Timeout = 5,
        CommandTimeout = 5,
        CancellationTimeout = 500,
        KeepAlive = 10,
        TcpKeepAlive = true,
        TcpKeepAliveTime = 10,
        TcpKeepAliveInterval = 3,
        Options = FormattableString.Invariant($"-c lock_timeout={Transactions.LockPatience.TotalMilliseconds:0} -c idle_in_transaction_session_timeout={IdlePatience.TotalMilliseconds:0}"),
    }.ToString();

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlConnectionStringBuilder settings;
    private NpgsqlConnection? opening;

    public PostgresServer(DatabaseOptions options)
    {
        settings = new(Defaults + ";" + options.ConnectionString);
        source = NpgsqlDataSource.Create(settings);
    }

    public override string Name => $"database {settings.Database} on {settings.Host}";

    public override bool IsShared => true;

    public override bool IsInPlace => true;

    public override string? OwnSecretFile => null;

    public override bool IsHeld => opening is not null;

    // Readers need connections too.
    public override int Writers => Math.Clamp(settings.MaxPoolSize / 2, 1, MaxWriters);

    // EF's own strategy would wrap what went wrong into another exception; what is worth another try, Transactions knows.
    public override void Configure(DbContextOptionsBuilder builder) =>
        builder.UseNpgsql(source, npgsql => npgsql.ExecutionStrategy(dependencies => new NonRetryingExecutionStrategy(dependencies)));

    public override GatewayDatabase Connect(DbContextOptions options)
    {
        var db = new PostgresDatabase(options);
        db.Database.AutoSavepointsEnabled = false;      // a transaction fails as a whole
        return db;
    }

    public override IReadOnlyList<string> Migrations => PostgresDatabase.Migrations;

    public override async Task<DbConnection> OpenAsync(CancellationToken ct) => await source.OpenConnectionAsync(ct);

    public override async Task<bool> TryHoldAsync(CancellationToken ct)
    {
        if (IsHeld)
            return true;

        var connection = await ReachAsync(ct);
        if ((await connection.ListAsync($"SELECT pg_try_advisory_lock({OpeningLock})", row => row.GetBoolean(0), ct)).Single())
            opening = connection;
        else
            await connection.DisposeAsync();
        return IsHeld;
    }

    public override async Task ReleaseAsync()
    {
        if (opening is not { } connection)
            return;

        opening = null;
        await using (connection)
            await connection.ExecuteAsync($"SELECT pg_advisory_unlock({OpeningLock})");
    }

    public override void Claim(string? ownSecret)
    {
        if (opening!.PostgreSqlVersion.Major < OldestMajor)
            throw Refused($"is PostgreSQL {opening.PostgreSqlVersion}. It must be {OldestMajor} or newer.");
    }

    public override async Task MigrateAsync(GatewayDatabase db, CancellationToken ct)
    {
        try
        {
            db.Database.SetCommandTimeout(MigrationTimeout);
            await db.Database.MigrateAsync(ct);
        }
        catch (PostgresException e)
        {
            throw Refused($"cannot be brought up to date ({e.Message}). The database must be one that the gateway made, or an empty one, and its user must be allowed to make tables there.");
        }
        finally
        {
            db.Database.SetCommandTimeout(settings.CommandTimeout);
        }
    }

    public override async Task<IDbContextTransaction> BeginAsync(GatewayDatabase db, TimeSpan left, CancellationToken ct)
    {
        left = left < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : left;
        if (left.TotalSeconds < settings.CommandTimeout)
            db.Database.SetCommandTimeout((int)Math.Ceiling(left.TotalSeconds));

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(left);
        try
        {
            return await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection to {Name} in time.");
        }
    }

    public override bool IsLostRace(Exception e) =>
        e.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    public override bool IsBrokenConnection(Exception e) => (e as NpgsqlException ?? e.InnerException) is
        NpgsqlException { InnerException: IOException or SocketException }
        or PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or "25P03" or PostgresErrorCodes.CannotConnectNow };

    public override bool IsUniqueViolation(DbUpdateException e) => e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    // A transaction that may still commit is not older than the oldest one that is running: what is older than that can be seen, or never will be.
    public override Task<long> MarkAsync(DbConnection connection, string table) =>
        connection.NumberAsync("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint");

    // A server that crashed, or another that took its place, may give numbers again that were seen in transactions that came to nothing.
    private const long Overlap = 1000;

    public override string Since(long mark) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{PostgresDatabase.Xid}\" >= '{Math.Max(0, mark - Overlap)}'::xid8");

    public override async Task<Drawn> DrawAsync(DbConnection connection, CancellationToken ct) =>
        (await connection.ListAsync("SELECT nextval('positions'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint", row => new Drawn(row.GetInt64(0), row.GetInt64(1)), ct)).Single();

    /// <summary>Whoever starts both at once may be quicker than the server.</summary>
    private async Task<NpgsqlConnection> ReachAsync(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(ReachPatience);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    return await source.OpenConnectionAsync(patience.Token);
                }
                catch (Exception e) when (e is SocketException or TimeoutException or NpgsqlException { IsTransient: true })
                {
                    last = e;
                }
                catch (NpgsqlException e)
                {
                    throw Refused(Explain(e));
                }

                await Task.Delay(ReachInterval, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Refused($"cannot be reached{(last is null ? "" : $" ({last.GetBaseException().Message})")}. The server must be running, and reachable from here.");
        }
    }

    private string Explain(NpgsqlException e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => $"does not exist. Make it: CREATE DATABASE \"{settings.Database}\"",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            $"does not let user {settings.Username} in ({e.Message}). User and password must be ones that the server knows.",
        _ => $"cannot be opened ({e.Message}). User and database must be ones that the server knows.",
    };

    private StartRefusedException Refused(string error) => new(string.Create(CultureInfo.InvariantCulture, $"Gateway:Database:ConnectionString: {Name} {error}"));

    public void Dispose()
    {
        opening?.Dispose();
        source.Dispose();
    }
}
