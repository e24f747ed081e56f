using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Rows become visible in another order than their numbers; between two marks none is missed, and some are read twice.</summary>
public sealed class PostgresFeedTests(PostgresGateway gateway) : IClassFixture<PostgresGateway>, IAsyncLifetime
{
    private readonly NpgsqlDataSource writers = NpgsqlDataSource.Create(gateway.ConnectionString);
    private readonly Store store = gateway.Services.GetRequiredService<Store>();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => writers.DisposeAsync();

    [Fact]
    public async Task Writer_that_sleeps_between_insert_and_commit_is_not_missed()
    {
        await using var sleeper = await BeginAsync("sleeper");
        await WriteAsync("quick");

        var (first, mark) = await ReadAsync(0);
        await WriteAsync("later");
        var (second, next) = await ReadAsync(mark);
        await sleeper.CommitAsync();
        var (third, _) = await ReadAsync(next);

        Assert.Contains("quick", first);
        Assert.DoesNotContain("sleeper", first);
        Assert.Contains("later", second);
        Assert.DoesNotContain("sleeper", second);
        Assert.Contains("sleeper", third);
    }

    [Fact]
    public async Task Number_that_is_drawn_is_higher_than_all_before_and_the_clock_is_the_servers()
    {
        await using var one = await store.OpenAsync(default);
        await using var other = await store.OpenAsync(default);

        var (first, now) = await store.DrawAsync(one, default);
        var (second, later) = await store.DrawAsync(other, default);

        Assert.True(second > first);
        Assert.InRange(later, now, now + 60_000);
    }

    /// <summary>As a reader does: the new mark first, then what is new since the last one.</summary>
    private async Task<(string[] Values, long Mark)> ReadAsync(long since)
    {
        await using var connection = await store.OpenAsync(default);
        var mark = await Revocation.MarkAsync(store, connection);
        return (await Revocation.SinceAsync(store, connection, since).Select(r => r.Value).ToArrayAsync(), mark);
    }

    private async Task WriteAsync(string value)
    {
        await using var transaction = await BeginAsync(value);
        await transaction.CommitAsync();
    }

    private async Task<NpgsqlTransaction> BeginAsync(string value)
    {
        var connection = await writers.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"""INSERT INTO revocations ("Issuer", "Kind", "Value", "Version", "Disabled", "ExpiresAt") VALUES ('', 1, '{value}', 0, false, 99999999999999)""", connection, transaction);
        await command.ExecuteNonQueryAsync();
        return transaction;
    }
}
