using Microsoft.Data.Sqlite;

namespace Gateway.IntegrationTests.Support;

/// <summary>Another program that opens the gateway's database file.</summary>
internal static class Database
{
    public static readonly string[] Tables = ["users", "sessions", "revocations", "signing_keys", "state"];

    public static void Execute(string file, string sql)
    {
        using var connection = Open(file);
        Execute(connection, sql);
    }

    /// <summary>Holds the lock that writing needs until it is disposed, as a backup program may.</summary>
    public static SqliteConnection Lock(string file)
    {
        var connection = Open(file);
        Execute(connection, "BEGIN IMMEDIATE");
        return connection;
    }

    /// <summary>Somebody holds that lock.</summary>
    public static bool IsBeingWritten(string file)
    {
        if (!File.Exists(file))
            return false;
        using var connection = Open(file);
        connection.DefaultTimeout = 1;
        try
        {
            Execute(connection, "BEGIN IMMEDIATE; ROLLBACK");
            return false;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5)
        {
            return true;
        }
    }

    /// <summary>Everything that is in it, a line for each row.</summary>
    public static string[] Rows(string file)
    {
        using var connection = Open(file);
        return [.. Tables.SelectMany(table => Rows(connection, table))];
    }

    /// <summary>How many rows that condition meets: "sessions WHERE EndedAt IS NULL".</summary>
    public static long Count(string file, string rows)
    {
        using var connection = Open(file);
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {rows}";
        return (long)command.ExecuteScalar()!;
    }

    private static List<string> Rows(SqliteConnection connection, string table)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {table} ORDER BY 1";
        using var reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add($"{table}: {string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : $"{reader.GetValue(i)}"))}");
        return rows;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }
}
