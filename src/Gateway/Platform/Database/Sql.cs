using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Gateway.Platform.Database;

/// <summary>What is read at every start, and each second from then on. EF's model and its first queries would be most of a start.</summary>
internal static class Sql
{
    /// <param name="connection">An open one.</param>
    /// <param name="text">With <c>@name</c> for each parameter.</param>
    /// <param name="make">What a row is; the reader stands on it.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="parameters">Their names and values.</param>
    /// <returns>The rows, one by one.</returns>
    public static async IAsyncEnumerable<T> QueryAsync<T>(
        this DbConnection connection, string text, Func<DbDataReader, T> make, [EnumeratorCancellation] CancellationToken ct = default, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(connection, text, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return make(reader);
    }

    /// <returns>All rows.</returns>
    public static async Task<List<T>> ListAsync<T>(this DbConnection connection, string text, Func<DbDataReader, T> make, CancellationToken ct = default, params (string Name, object Value)[] parameters)
    {
        List<T> rows = [];
        await foreach (var row in connection.QueryAsync(text, make, ct, parameters))
            rows.Add(row);
        return rows;
    }

    /// <returns>The only row's only value.</returns>
    public static async Task<long> NumberAsync(this DbConnection connection, string text)
    {
        await using var command = Command(connection, text, []);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <returns>How many rows were written.</returns>
    public static async Task<int> ExecuteAsync(this DbConnection connection, string text, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(connection, text, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    private static DbCommand Command(DbConnection connection, string text, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>As <see cref="GatewayDatabase"/> writes it.</summary>
    public static DateTimeOffset GetTime(this DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
