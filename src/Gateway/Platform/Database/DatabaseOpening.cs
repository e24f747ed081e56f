using System.Data.Common;
using System.Security.Cryptography;
using Gateway.Platform.Configuration;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Gateway.Platform.Database;

/// <summary>Is the database there, ours, up to date, and does the Secret fit it?</summary>
internal sealed class DatabaseOpening(
    Store store, DatabaseOptions options, GatewayOptions gateway, Secrets secrets, Installation installation, IDbContextFactory<GatewayDatabase> databases, TimeProvider clock)
{
    private static readonly TimeSpan OtherGatewayPatience = TimeSpan.FromSeconds(30), VerbPatience = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="serve">True for a gateway that serves this database; false for a verb that may run beside it.</param>
    /// <param name="migrate">Null: as Database:Migrate says.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="StartRefusedException">With the reason and the remedy.</exception>
    public async Task OpenAsync(bool serve, bool? migrate, CancellationToken ct)
    {
        // Made after the database, so that the next start finds a Secret without a database only where a database was lost.
        var ownSecret = gateway is { Secret: null, SecretFile: null } ? store.OwnSecretFile : null;

        await HoldAsync(serve, ct);
        store.Claim(ownSecret);
        await using var connection = await store.OpenAsync(ct);
        await MigrateAsync(connection, migrate ?? options.Migrate, ct);
        await UnlockAsync(connection, gateway.SecretFile ?? ownSecret, serve, ct);
        await IdentifyAsync(connection, ct);

        if (store.IsShared || !serve)
            await store.ReleaseAsync();
    }

    /// <summary>Replicas open their database one after another. A SQLite file is one gateway's; a verb may run beside it.</summary>
    private async Task HoldAsync(bool serve, CancellationToken ct)
    {
        var patience = store.IsShared ? OtherGatewayPatience : serve ? VerbPatience : TimeSpan.Zero;
        while (!await store.TryHoldAsync(ct) && patience > TimeSpan.Zero)
        {
            await Task.Delay(Pause, ct);
            patience -= Pause;
        }

        if (store is { IsShared: true, IsHeld: false })
            throw new StartRefusedException($"Gateway:Database:ConnectionString: another gateway has been opening {store.Name} for {OtherGatewayPatience.TotalSeconds} s. Wait until it is done, or stop it.");
        if (serve && !store.IsHeld)
            throw new StartRefusedException($"Gateway:Database:ConnectionString: {store.Name} is in use by another gateway. One process serves a SQLite file; stop the other one.");
    }

    private async Task MigrateAsync(DbConnection connection, bool migrate, CancellationToken ct)
    {
        // Who holds the store makes the database, and its Secret, by itself: wait for it.
        var start = clock.GetTimestamp();
        while (!store.IsHeld && !await IsMadeAsync(connection, ct))
        {
            if (clock.GetElapsedTime(start) > OtherGatewayPatience)
                throw new StartRefusedException($"{store.Name} is not up to date and another gateway holds it. Stop that one, then run: gateway migrate");
            await Task.Delay(Pause, clock, ct);
            await store.TryHoldAsync(ct);
        }

        if (await IsUpToDateAsync(connection, ct))
            return;
        if (!migrate)
            throw new StartRefusedException($"{store.Name} is behind this version, and Gateway:Database:Migrate is false. Run: gateway migrate");

        await using var db = await databases.CreateDbContextAsync(ct);
        await store.MigrateAsync(db, ct);
    }

    private async Task<bool> IsUpToDateAsync(DbConnection connection, CancellationToken ct)
    {
        try
        {
            var made = await connection.ListAsync("""SELECT "MigrationId" FROM "__EFMigrationsHistory" """, row => row.GetString(0), ct);
            return !store.Migrations.Except(made).Any();
        }
        catch (DbException e) when (e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } or SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_ERROR })
        {
            return false;      // there is no such table yet
        }
    }

    private async Task<bool> IsMadeAsync(DbConnection connection, CancellationToken ct) =>
        await IsUpToDateAsync(connection, ct) && await StateEntry.FindAsync(connection, StateEntry.SecretId, ct) is not null;

    private async Task SaveAsync(string name, string value, bool isNew, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        db.Entry(new StateEntry { Name = name, Value = value }).State = isNew ? EntityState.Added : EntityState.Modified;
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Finds the Secret, and refuses one that this database was not made with.</summary>
    private async Task UnlockAsync(DbConnection connection, string? secretFile, bool serve, CancellationToken ct)
    {
        var known = await StateEntry.FindAsync(connection, StateEntry.SecretId, ct);
        var where = secretFile is null ? "Gateway:Secret" : $"Gateway:SecretFile: {secretFile}";

        if (secretFile is not null && !File.Exists(secretFile))
        {
            if (known is not null)
                throw new StartRefusedException($"{where} does not exist, but the database was made with a Secret. Put the file back from the backup; without it the signing keys and passwords in the database are useless.");
            CreateSecret(secretFile);
        }

        var text = gateway.Secret ?? Read(secretFile!, where);
        if (System.Text.Encoding.UTF8.GetByteCount(text) < Secret.MinimumBytes)
            throw new StartRefusedException($"{where} is too short. A Secret must be {Secret.MinimumBytes} bytes or more; make one with: openssl rand -base64 32");

        secrets.Use(gateway.PreviousSecrets.Prepend(text).Select(s => new Secret(s)));
        if (known == secrets.Current.Id)
            return;
        if (known is not null && secrets.Find(known) is null)
            throw new StartRefusedException($"{where} is not the Secret that this database was made with. Configure that one, or list it under Gateway:PreviousSecrets beside a new one.");

        // A verb that is called with the configuration of tomorrow must not keep the gateways of today from starting.
        if (serve || known is null)
            await SaveAsync(StateEntry.SecretId, secrets.Current.Id, isNew: known is null, ct);
    }

    private async Task IdentifyAsync(DbConnection connection, CancellationToken ct)
    {
        if (await StateEntry.FindAsync(connection, StateEntry.InstallationId, ct) is not { } id)
            await SaveAsync(StateEntry.InstallationId, id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), isNew: true, ct);

        installation.Use(id);
    }

    private static void CreateSecret(string file)
    {
        // Written whole under another name first: a start that is killed here must not leave half a Secret.
        var draft = file + ".new";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.Delete(draft);
        using (var stream = PrivateFile.Open(draft, FileMode.CreateNew))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, file);
    }

    private static string Read(string file, string where)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{where} cannot be read ({e.Message}). It must be readable for this user.");
        }
    }
}
