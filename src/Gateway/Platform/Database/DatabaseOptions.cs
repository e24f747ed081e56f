using System.ComponentModel.DataAnnotations;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Gateway.Platform.Database;

/// <summary>Where is the truth kept?</summary>
internal sealed class DatabaseOptions : IValidatableObject
{
    public const string Section = "Gateway:Database";

    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    public string ConnectionString { get; set; } = "Data Source=data/gateway.db";

    /// <summary>False: the start is refused instead while the database is behind.</summary>
    public bool Migrate { get; set; } = true;

    /// <summary>A path, and none of the other things that SQLite takes for a source.</summary>
    public static bool IsFile(string dataSource) =>
        dataSource is not ("" or [':' or '|', ..]) && !dataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        var error = Provider is DatabaseProvider.Postgres ? PostgresError() : SqliteError();
        if (error.Length > 0)
            yield return new(error, [nameof(ConnectionString)]);
    }

    private string SqliteError()
    {
        try
        {
            var sqlite = new SqliteConnectionStringBuilder(ConnectionString);
            return !IsFile(sqlite.DataSource) || sqlite.Mode is SqliteOpenMode.Memory
                ? "names no file. Accounts and sessions must outlive the process: write Data Source=path/to/gateway.db."
                : sqlite.Mode is SqliteOpenMode.ReadOnly
                    ? "opens the file for reading only. Accounts and sessions are written to it: remove Mode=ReadOnly."
                    : "";
        }
        catch (ArgumentException e)
        {
            return $"is not a SQLite connection string ({e.Message}). Write Data Source=path/to/gateway.db.";
        }
    }

    // Nothing of the string is repeated, nor what Npgsql says of it: a password is in it.
    private string PostgresError()
    {
        const string Remedy = "Write Host=db.example.com;Database=gateway;Username=gateway;Password=..., and a value that holds ; or = or a quotation mark in double quotes.";
        try
        {
            var postgres = new NpgsqlConnectionStringBuilder(ConnectionString);
            return string.IsNullOrEmpty(postgres.Host) ? $"names no Host. {Remedy}"
                : postgres.Host.Contains(',', StringComparison.Ordinal) ? "names several hosts, of which one may lag behind another. Name one that always leads to the primary."
                : string.IsNullOrEmpty(postgres.Database) ? $"names no Database. {Remedy}"
                : "";
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException or NotSupportedException)
        {
            return $"is not a PostgreSQL connection string, which Provider Postgres needs. {Remedy}";
        }
    }
}

internal enum DatabaseProvider
{
    Sqlite,
    Postgres,
}
