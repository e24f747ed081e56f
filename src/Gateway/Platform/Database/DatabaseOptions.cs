using System.ComponentModel.DataAnnotations;
using Microsoft.Data.Sqlite;

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
        if (Provider is not DatabaseProvider.Sqlite)
        {
            yield return new("'Postgres' comes with a later version. This version keeps its data in SQLite: set it to Sqlite.", [nameof(Provider)]);
            yield break;
        }

        var error = "";
        try
        {
            var sqlite = new SqliteConnectionStringBuilder(ConnectionString);
            if (!IsFile(sqlite.DataSource) || sqlite.Mode is SqliteOpenMode.Memory)
                error = "names no file. Accounts and sessions must outlive the process: write Data Source=path/to/gateway.db.";
            else if (sqlite.Mode is SqliteOpenMode.ReadOnly)
                error = "opens the file for reading only. Accounts and sessions are written to it: remove Mode=ReadOnly.";
        }
        catch (ArgumentException e)
        {
            error = $"is not a SQLite connection string ({e.Message}). Write Data Source=path/to/gateway.db.";
        }

        if (error.Length > 0)
            yield return new(error, [nameof(ConnectionString)]);
    }
}

internal enum DatabaseProvider
{
    Sqlite,
    Postgres,
}
