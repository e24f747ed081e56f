using Gateway.Platform.Configuration;
using Microsoft.Data.Sqlite;

namespace Gateway.Platform.Database;

/// <summary>Is this file a database of ours, whole, and nobody else's at the moment?</summary>
internal static class SqliteFile
{
    private const int ApplicationId = 0x47575931;      // "GWY1", SQLite's own mark of whose file it is

    /// <summary>Keeps a second gateway out for as long as it is held; the kernel frees it with the process.</summary>
    /// <returns>Null while another process holds it.</returns>
    public static FileStream? TryLock(string file)
    {
        try
        {
            return new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    /// <summary>Makes the file if it is absent; marks an empty one as ours.</summary>
    /// <exception cref="StartRefusedException">It is something else, or damaged. It is left as it was.</exception>
    public static void Claim(string file, string? secretFile)
    {
        var name = $"Gateway:Database:ConnectionString: {file}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        // An empty file beside a secret was a full database once.
        if (new FileInfo(file) is { Exists: true, Length: 0 } && secretFile is not null && File.Exists(secretFile))
            throw Refused($"{name} is empty, but its secret {secretFile} exists, so it held data once. Restore both from the backup, or remove both to begin anew.");

        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            connection.Open();
            var tables = Number(connection, "SELECT count(*) FROM sqlite_master");
            var owner = Number(connection, "PRAGMA application_id");
            if (owner != ApplicationId && (tables > 0 || owner != 0))
                throw Refused($"{name} is a database of another application. It must be one that the gateway made, or a path where no file is yet.");
            if (tables > 0 && Text(connection, "PRAGMA quick_check(1)") is not "ok" and var damage)
                throw Refused($"{name} is damaged ({damage}). It is left untouched: restore it, and its secret, from the backup.");
            if (owner == 0)
                Execute(connection, $"PRAGMA journal_mode=WAL; PRAGMA application_id={ApplicationId};");
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

    /// <summary>A gateway that was killed while it migrated leaves EF's lock row behind, and the next start would wait for ever.</summary>
    /// <remarks>Only for the holder of <see cref="TryLock"/>: then nobody else can be migrating.</remarks>
    public static void ForgetAbandonedMigration(string file)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        if (Number(connection, "SELECT count(*) FROM sqlite_master WHERE name = '__EFMigrationsLock'") > 0)
            Execute(connection, "DELETE FROM __EFMigrationsLock;");
    }

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
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string? Text(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as string;
    }
}
