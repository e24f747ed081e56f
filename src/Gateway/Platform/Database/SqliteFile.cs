using System.Data.Common;
using System.Globalization;
using Gateway.Platform.Configuration;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Gateway.Platform.Database;

/// <summary>Is this file a database of ours, whole, nobody else's at the moment, and still the one that was opened?</summary>
internal sealed class SqliteFile : Store, IDisposable
{
    public const string Lost = "The database file was removed or replaced while the gateway was running. Put it back, or restart the gateway.";

    private const int ApplicationId = 0x47575931;      // "GWY1", SQLite's own mark of whose file it is

    // "Another process has it", as Linux and Windows say it.
    private const int EWouldBlock = 11, SharingViolation = unchecked((int)0x80070020);

    private FileStream? held;
    private SqliteConnection? opened;
    private FileIdentity? identity;

    public SqliteFile(DatabaseOptions options)
    {
        var sqlite = new SqliteConnectionStringBuilder(options.ConnectionString);
        FullName = RealPath(Path.GetFullPath(sqlite.DataSource));

        // Only the start makes a file; nobody waits long for a lock that another program holds.
        (sqlite.DataSource, sqlite.Mode, sqlite.DefaultTimeout) = (FullName, SqliteOpenMode.ReadWrite, (int)Transactions.LockPatience.TotalSeconds);
        ConnectionString = sqlite.ToString();
    }

    /// <summary>Where the file itself lies, whatever links lead to it: two paths to one file must meet in one lock.</summary>
    public string FullName { get; }

    public string ConnectionString { get; }

    public override string Name => FullName;

    public override bool IsShared => false;

    /// <summary>False once the file was removed or replaced. SQLite would go on with the one that it has open, which nobody would find again.</summary>
    public override bool IsInPlace => opened is null || (identity is null ? File.Exists(FullName) : FileIdentity.Of(FullName, out _) == identity);

    public override string? OwnSecretFile => FullName + ".secret";

    public override bool IsHeld => held is not null;

    public override int Writers => 1;

    public override void Configure(DbContextOptionsBuilder builder) => builder.UseSqlite(ConnectionString).AddInterceptors(new Durable(this));

    public override GatewayDatabase Connect(DbContextOptions options) => new SqliteDatabase(options);

    public override IReadOnlyList<string> Migrations => SqliteDatabase.Migrations;

    public override async Task<DbConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            AssertInPlace(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="IOException">What this connection has open is not the file any more.</exception>
    public void AssertInPlace(SqliteConnection connection)
    {
        if (IsInPlace)
            return;

        // It may have the other file open, and would be handed out again when ours is back.
        SqliteConnection.ClearPool(connection);
        throw new IOException(Lost);
    }

    /// <summary>Whoever serves it holds it for as long as it runs; the kernel frees it with the process.</summary>
    public override Task<bool> TryHoldAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FullName)!);
        try
        {
            held ??= new FileStream(FullName + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is EWouldBlock or SharingViolation)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"Gateway:Database:ConnectionString: {FullName} cannot be locked ({e.Message}). The folder must be writable for this user.");
        }

        return Task.FromResult(IsHeld);
    }

    public override Task ReleaseAsync()
    {
        held?.Dispose();
        held = null;
        return Task.CompletedTask;
    }

    /// <summary>Makes the file if it is absent; marks an empty one as ours.</summary>
    public override void Claim(string? ownSecret)
    {
        var name = $"Gateway:Database:ConnectionString: {FullName}";
        if (!HasContent(FullName) && new[] { ownSecret, FullName + "-wal" }.FirstOrDefault(HasContent) is { } remains)
            throw Refused($"{name} is missing or empty, but it held data once: {remains} was made after it. Restore the database, and its secret, from the backup. To begin anew, remove {remains}.");

        if (FileIdentity.Of(FullName, out var names) is not null && names > 1)
            throw Refused($"{name} is one file with {names} names (hard links). SQLite keeps a write-ahead log for each name, and two of them would ruin it. Remove the other names.");

        try
        {
            if (!File.Exists(FullName))
                PrivateFile.Open(FullName, FileMode.OpenOrCreate).Dispose();      // SQLite would let everybody read it; its log gets the same mode

            // It stays open: as long as it is, no other file can get this one's inode.
            opened = new(new SqliteConnectionStringBuilder { DataSource = FullName, Pooling = false }.ToString());
            opened.Open();
            var tables = Number(opened, "SELECT count(*) FROM sqlite_master");
            var owner = Number(opened, "PRAGMA application_id");
            if (owner != ApplicationId && (tables > 0 || owner != 0))
                throw Refused($"{name} is a database of another application. It must be one that the gateway made, or a path where no file is yet.");
            if (tables > 0 && Text(opened, "PRAGMA quick_check(1)") is not "ok" and var damage)
                throw Refused($"{name} is damaged ({damage}). It is left untouched: restore it, and its secret, from the backup.");
            if (owner == 0)
                Execute(opened, $"PRAGMA journal_mode=WAL; PRAGMA application_id={ApplicationId};");
            identity = FileIdentity.Of(FullName, out _);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT)
        {
            throw Refused($"{name} is not a SQLite database, or damaged ({e.Message}). It is left untouched: restore it, or name a path where no file is yet.");
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw Refused($"{name} cannot be opened ({e.Message}). The folder and the file must be writable for this user.");
        }
    }

    public override Task MigrateAsync(GatewayDatabase db, CancellationToken ct)
    {
        // A gateway that was killed while it migrated leaves EF's lock row behind, and the next start would wait for ever.
        // Who holds the file knows that nobody else is migrating.
        if (Number(opened!, "SELECT count(*) FROM sqlite_master WHERE name = '__EFMigrationsLock'") > 0)
            Execute(opened!, "DELETE FROM __EFMigrationsLock;");
        return db.Database.MigrateAsync(ct);
    }

    /// <remarks>It begins IMMEDIATE, as SQLite's driver does by default. So at most one thread waits for another program that holds the lock, and not for long.</remarks>
    public override Task<IDbContextTransaction> BeginAsync(GatewayDatabase db, TimeSpan left, CancellationToken ct)
    {
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        connection.DefaultTimeout = (int)Math.Clamp(Math.Ceiling(left.TotalSeconds), 1, Transactions.LockPatience.TotalSeconds);
        return db.Database.BeginTransactionAsync(ct);
    }

    // Who has begun has the only lock there is.
    public override bool IsLostRace(Exception e) => false;

    public override bool IsBrokenConnection(Exception e) => false;

    public override bool IsUniqueViolation(DbUpdateException e) =>
        e.InnerException is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY };

    // One writer at a time: the keys are in the order of the commits.
    public override Task<long> MarkAsync(DbConnection connection, string table) => connection.NumberAsync($"SELECT coalesce(max(\"Id\"), 0) FROM {table}");

    public override string Since(long mark) => string.Create(CultureInfo.InvariantCulture, $"\"Id\" > {mark}");

    public override Task<Drawn> DrawAsync(DbConnection connection, CancellationToken ct) =>
        throw new NotSupportedException("One process serves a SQLite file: there is nobody to agree with.");

    public void Dispose()
    {
        using var pooled = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(pooled);
        opened?.Dispose();
        held?.Dispose();
    }

    private static string RealPath(string path) => new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;

    private static bool HasContent(string? file) => file is not null && new FileInfo(file) is { Exists: true, Length: > 0 };

    private static StartRefusedException Refused(string error) => new(error);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static string? Text(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as string;
    }
}
