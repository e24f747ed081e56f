using System.Security.Cryptography;
using System.Text;
using Gateway.Edge;
using Gateway.Platform.Configuration;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Gateway.Sessions.Connections;
using Gateway.Tokens;

namespace Gateway;

/// <summary>Has somebody written another configuration? It comes into force as a whole, or not at all.</summary>
internal sealed partial class Reloading : IAsyncDisposable
{
    private readonly ConfigurationLayers layers;
    private readonly IServiceProvider services;
    private readonly SettingsSection[] sections;
    private readonly string[] livePaths;
    private readonly Rulebooks rulebooks;
    private readonly Endings endings;
    private readonly PolicyTestRun tests;
    private readonly ConfigurationState state;
    private readonly ReloadPace pace;
    private readonly TimeProvider clock;
    private readonly ILogger<Reloading> logger;
    private readonly Dictionary<string, string?> fixedAtStart;
    private readonly StartConfiguration start;
    private readonly CancellationTokenSource stopping = new();
    private Task looking = Task.CompletedTask;
    private string[] keyFiles;

    public Reloading(
        ConfigurationLayers layers, StartConfiguration start, IServiceProvider services, IEnumerable<SettingsSection> sections, Rulebooks rulebooks, PolicyTestRun tests,
        Endings endings, ConfigurationState state, ReloadPace pace, TimeProvider clock, ILogger<Reloading> logger)
    {
        (this.layers, this.services, this.rulebooks, this.tests, this.endings, this.state, this.pace, this.clock, this.logger) = (layers, services, rulebooks, tests, endings, state, pace, clock, logger);
        (this.start, this.sections) = (start, [.. sections]);
        livePaths = [.. this.sections.Where(section => section.IsLive).Select(section => section.Path).Order(StringComparer.Ordinal)];
        fixedAtStart = FixedOf(start.Written);
        keyFiles = KeyFilesOf(start.Written);
        state.Start(new(rulebooks.Current.Number, HashOf(start.Written, start.Keys), clock.GetUtcNow(), layers.Files, RouteRemarks.Of(rulebooks.Current), [], null));
        StartWarnings.LogRemarks(logger, rulebooks.Current, state.Current.Warnings);
    }

    public void Start() => looking = LookAsync();

    private async Task LookAsync()
    {
        try
        {
            // What was written since the start read the files counts as well.
            var (seen, since) = (Fingerprint(), clock.GetTimestamp());
            var (handled, handledAt, retry) = (start.Fingerprint + start.Keys, since, pace.Retry);
            while (true)
            {
                await Task.Delay(seen == handled ? pace.Interval : pace.Quiet / 3, clock, stopping.Token);
                try
                {
                    if (Fingerprint() is var now && now != seen)
                    {
                        (seen, since) = (now, clock.GetTimestamp());      // still being written, perhaps
                    }
                    else if ((seen != handled && clock.GetElapsedTime(since) >= pace.Quiet) || (state.Current.Refused is not null && clock.GetElapsedTime(handledAt) >= retry))
                    {
                        // Why it was refused may pass by itself, as when a certificate was just being renewed.
                        var again = seen == handled;
                        retry = again ? retry * 2 : pace.Retry;
                        (handled, handledAt) = (seen, clock.GetTimestamp());
                        if (await TakeAsync(again) is { } keys)
                            handled = seen[..keys.Length] + keys;      // other files of keys than before may be named
                    }
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    Failed(logger, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private string Fingerprint() => FileContent.Fingerprint(layers.Files) + FileContent.Fingerprint(keyFiles);

    /// <param name="again">The files say what they said when it was refused.</param>
    /// <returns>The fingerprint of the files of keys that are named, before they were read; null: it is not known which are.</returns>
    private async Task<string?> TakeAsync(bool again)
    {
        string? keys = null;
        try
        {
            var written = layers.Read().WithDefaultUrl();
            keyFiles = KeyFilesOf(written);
            keys = FileContent.Fingerprint(keyFiles);
            await TakeAsync(written, keys);
        }
        catch (StartRefusedException e)
        {
            Refuse(e.Errors, again);
        }
        // What no rule has foreseen, a library's own words: the last good one stays.
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Refuse(new StartRefusedException("The configuration cannot be used", e).Errors, again);
        }

        return keys;
    }

    private async Task TakeAsync(SettingsTree written, string keys)
    {
        var stays = FixedOf(written);
        var needsRestart = stays.Keys.Union(fixedAtStart.Keys, StringComparer.OrdinalIgnoreCase).Where(key => stays.GetValueOrDefault(key) != fixedAtStart.GetValueOrDefault(key)).Order().ToArray();

        var settings = SettingsOf(written);
        var errors = await services.CheckAsync(settings);
        if (errors.Count == 0 && needsRestart.Length > 0)
            errors = await services.CheckAsync(settings = SettingsOf(BesideWhatStays(written)));      // as it would be now
        if (errors.Count > 0)
            throw new StartRefusedException(errors);
        if (rulebooks.Current.Routes.Count > 0 && settings.Get<ReverseProxyOptions>().Routes.Count == 0)
            throw new StartRefusedException($"{ReverseProxyOptions.Section}:Routes: is empty, and {rulebooks.Current.Routes.Count} routes are in force. A gateway that serves does not give up all of them, as a file may have come to nothing by mistake; keep one, or restart.");

        if (RouteRules.ClaimsOpenIdMetadata(settings.Get<ReverseProxyOptions>()) == rulebooks.OwnsOpenIdMetadata)
            needsRestart = [.. needsRestart, TokenEndpoints.OpenIdMetadata];      // whose address that is was settled at the start
        if (needsRestart.Length > 0)
            NeedsRestart(logger, string.Join(", ", needsRestart));
        var hash = HashOf(written, keys);
        if (hash == state.Current.Hash)
        {
            state.Agree(needsRestart);
            return;
        }

        var next = rulebooks.Compile(settings);
        if ((await tests.RunAsync(next)).Select(test => test.Failure).OfType<string>().ToArray() is { Length: > 0 } failures)
            throw new StartRefusedException(failures);
        var remarks = RouteRemarks.Of(next);      // before it counts: what fails here refuses it
        await rulebooks.PublishAsync(next);
        endings.Hasten();
        StartWarnings.LogRemarks(logger, next, remarks);
        Accepted(logger, next.Number, hash[..12], next.Routes.Count);
        state.Accept(new(next.Number, hash, clock.GetUtcNow(), layers.Files, remarks, needsRestart, null));      // last: who sees it finds in the log what was said of it
    }

    private Settings SettingsOf(SettingsTree written) => new(written, sections);

    /// <summary>What cannot change while serving.</summary>
    private Dictionary<string, string?> FixedOf(SettingsTree written) => written.Flatten([.. livePaths, SettingsSchema.Key]);

    private SettingsTree BesideWhatStays(SettingsTree written) => SettingsTree.Flat(fixedAtStart.Concat(written.Flatten().ExceptBy(FixedOf(written).Keys, setting => setting.Key)));

    private void Refuse(IReadOnlyList<string> errors, bool again)
    {
        var located = layers.Locate(errors);
        if (again && state.Current.Refused is { } before && before.Errors.SequenceEqual(located))
            return;      // that has been said

        Refused(logger, state.Current.Version, located.Count, string.Join(Environment.NewLine, located.Take(ConfigurationLayers.MostLocated)));
        state.Refuse(clock.GetUtcNow(), located);
    }

    public static string[] KeyFilesOf(SettingsTree written) =>
        [.. written.All($"{TrustedIssuerOptions.Section}:*:{nameof(TrustedIssuerOptions.JwksFile)}").Select(setting => setting.Value).OfType<string>()];

    /// <summary>Of all that may change, and of the keys in files that it names.</summary>
    private string HashOf(SettingsTree written, string keys)
    {
        var text = new StringBuilder();
        foreach (var path in livePaths)
            Write(written.GetSection(path));
        text.Append(keys);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Write(IConfigurationSection setting)
        {
            text.Append(setting.Key.ToLowerInvariant()).Append('\0').Append(setting.Value ?? "\0").Append('\0');
            foreach (var below in setting.GetChildren())
                Write(below);
            text.Append('\n');
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
            return;

        await stopping.CancelAsync();
        await looking;
    }

    [LoggerMessage(9110, LogLevel.Information, "Configuration {Version} ({Hash}) is in force: {Routes} routes")]
    private static partial void Accepted(ILogger logger, int version, string hash, int routes);

    [LoggerMessage(9111, LogLevel.Error, "What the configuration files say now is refused, and configuration {Version} stays in force. {Count} errors: {Errors}")]
    private static partial void Refused(ILogger logger, int version, int count, string errors);

    [LoggerMessage(9113, LogLevel.Error, "Looking for another configuration failed, and goes on")]
    private static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(9112, LogLevel.Warning, "The configuration files differ from those of the start in what cannot change while serving, and counts from the next start: {Keys}")]
    private static partial void NeedsRestart(ILogger logger, string keys);
}

/// <summary>What the gateway was started with.</summary>
/// <param name="Written">All layers together.</param>
/// <param name="Fingerprint">Of the files, before they were read.</param>
/// <param name="Keys">Of the files of keys that they name, before those were read.</param>
internal sealed record StartConfiguration(SettingsTree Written, string Fingerprint, string Keys);

/// <summary>How often is it looked whether the files have changed, how long must they be quiet before they are read, and when is what was refused first tried again?</summary>
internal sealed record ReloadPace(TimeSpan Interval, TimeSpan Quiet, TimeSpan Retry)
{
    public static readonly ReloadPace Usual = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(30));
}
