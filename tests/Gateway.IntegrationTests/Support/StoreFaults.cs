using System.Data.Common;
using Gateway.Platform.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Support;

/// <summary>A store that fails when a test says so, before the n-th thing that is asked of it, or after its commit.</summary>
public sealed class StoreFaults : IDbCommandInterceptor, IDbTransactionInterceptor
{
    private int left;

    /// <summary>What fails with: a full disk, unless a test wants another.</summary>
    public Func<Exception> Error { get; set; } = DiskFull;

    /// <summary>Did the step that was to fail come?</summary>
    public bool Failed { get; private set; }

    /// <summary>Every command fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>What was committed stays so, but whoever asked for it hears of a failure.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>The next commit fails, before it is sent.</summary>
    public bool FailsCommit { get; set; }

    /// <summary>Called between the steps, with what gives them up.</summary>
    public Action<CancellationToken> Between { get; set; } = _ => { };

    /// <summary>The steps of a transaction are its beginning, its commands and its commit.</summary>
    public void FailAt(int step) => (left, Failed) = (step, false);

    public static Exception DiskFull() => new SqliteException("SQLite Error 13: 'database or disk is full'.", 13);

    public ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result, CancellationToken cancellationToken = default) => Step(result, cancellationToken);

    public ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        if (!FailsCommit)
            return Step(result, cancellationToken);

        FailsCommit = false;
        throw Error();
    }

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Between(cancellationToken);
        return LosesAnswers ? throw Error() : Task.CompletedTask;
    }

    public ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) => Step(result, cancellationToken);

    public ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) => Step(result, cancellationToken);

    public ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default) => Step(result, cancellationToken);

    public ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Between(cancellationToken);
        return new(result);
    }

    private ValueTask<T> Step<T>(T result, CancellationToken cancellationToken)
    {
        Between(cancellationToken);
        if (IsAway)
            throw Error();
        if (Interlocked.Decrement(ref left) != 0)
            return new(result);

        Failed = true;
        throw Error();
    }
}

/// <summary>A gateway on such a store, whose own timers stand still until the test moves them.</summary>
public class FaultyGateway : TestGateway
{
    private readonly TestStore kind;

    public FaultyGateway() : this(new TestClock(), TestStore.Sqlite) { }

    private protected FaultyGateway(TestClock clock, TestStore store) : base(clock, store) => (Clock, kind) = (clock, store);

    public TestClock Clock { get; }

    public StoreFaults Store { get; } = new();

    protected override void Replace(IServiceCollection services)
    {
        services.ConfigureDbContext<GatewayDatabase>(options => options.AddInterceptors(Store));
        if (kind is TestStore.Sqlite)
            services.AddSingleton<Store>(provider => new FaultyFile(new(provider.GetRequiredService<DatabaseOptions>()), Store));
    }

    /// <summary>A file, but for what is read without EF.</summary>
    private sealed class FaultyFile(SqliteFile file, StoreFaults faults) : Store, IDisposable
    {
        public override async Task<DbConnection> OpenAsync(CancellationToken ct)
        {
            faults.Between(ct);
            return faults.IsAway ? throw faults.Error() : await file.OpenAsync(ct);
        }

        public override string Name => file.Name;
        public override bool IsShared => file.IsShared;
        public override bool IsInPlace => file.IsInPlace;
        public override string? OwnSecretFile => file.OwnSecretFile;
        public override bool IsHeld => file.IsHeld;
        public override int Writers => file.Writers;
        public override IReadOnlyList<string> Migrations => file.Migrations;
        public override void Configure(DbContextOptionsBuilder builder) => file.Configure(builder);
        public override GatewayDatabase Connect(DbContextOptions options) => file.Connect(options);
        public override Task<bool> TryHoldAsync(CancellationToken ct) => file.TryHoldAsync(ct);
        public override Task ReleaseAsync() => file.ReleaseAsync();
        public override void Claim(string? ownSecret) => file.Claim(ownSecret);
        public override Task MigrateAsync(GatewayDatabase db, CancellationToken ct) => file.MigrateAsync(db, ct);
        public override Task<IDbContextTransaction> BeginAsync(GatewayDatabase db, TimeSpan left, CancellationToken ct) => file.BeginAsync(db, left, ct);
        public override bool IsLostRace(Exception e) => file.IsLostRace(e);
        public override bool IsBrokenConnection(Exception e) => file.IsBrokenConnection(e);
        public override bool IsUniqueViolation(DbUpdateException e) => file.IsUniqueViolation(e);
        public override Task<long> MarkAsync(DbConnection connection, string table) => file.MarkAsync(connection, table);
        public override string Since(long mark) => file.Since(mark);
        public override Task<Drawn> DrawAsync(DbConnection connection, CancellationToken ct) => file.DrawAsync(connection, ct);
        public void Dispose() => file.Dispose();
    }
}

public sealed class FaultyPostgresGateway() : FaultyGateway(new TestClock(), TestStore.Postgres);
