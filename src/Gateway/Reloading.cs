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
    private readonly bool claimsOpenIdMetadata;
    private readonly Rulebooks rulebooks;
    private readonly Endings endings;
    private readonly PolicyTestRun tests;
    private readonly ConfigurationState state;
    private readonly ReloadPace pace;
    private readonly TimeProvider clock;
    private readonly ILogger<Reloading> logger;
    private readonly Dictionary<string, string?> start;
    private readonly string startFingerprint;
    private readonly CancellationTokenSource stopping = new();
    private Task looking = Task.CompletedTask;

    public Reloading(
        ConfigurationLayers layers, StartConfiguration start, IServiceProvider services, IEnumerable<SettingsSection> sections, Rulebooks rulebooks, PolicyTestRun tests,
        Endings endings, ConfigurationState state, ReloadPace pace, TimeProvider clock, ILogger<Reloading> logger)
    {
        (this.layers, this.services, this.rulebooks, this.tests, this.endings, this.state, this.pace, this.clock, this.logger) = (layers, services, rulebooks, tests, endings, state, pace, clock, logger);
        (this.start, startFingerprint, this.sections) = (start.Values, start.Fingerprint, [.. sections]);
        claimsOpenIdMetadata = RouteRules.ClaimsOpenIdMetadata(rulebooks.Current.Settings.Get<ReverseProxyOptions>());
        livePaths = [.. this.sections.Where(section => section.IsLive).Select(section => section.Path)];
        state.Start(new(rulebooks.Current.Number, HashOf(this.start), clock.GetUtcNow(), layers.Files, RouteRemarks.Of(rulebooks.Current), [], null));
        StartWarnings.LogRemarks(logger, rulebooks.Current, state.Current.Warnings);
    }

    public void Start() => looking = LookAsync();

    private async Task LookAsync()
    {
        try
        {
            // What was written since the start read the files counts as well.
            var (seen, since) = (Fingerprint(), clock.GetTimestamp());
            var handled = FileContent.Fingerprint(layers.Files) == startFingerprint ? seen : "";
            while (true)
            {
                await Task.Delay(seen == handled ? pace.Interval : pace.Quiet / 3, clock, stopping.Token);
                if (Fingerprint() is var now && now != seen)
                    (seen, since) = (now, clock.GetTimestamp());      // still being written, perhaps
                else if (seen != handled && clock.GetElapsedTime(since) >= pace.Quiet)
                    (handled, _) = (seen, await TakeAsync());
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private string Fingerprint() => FileContent.Fingerprint([.. layers.Files, .. rulebooks.Current.Issuers.Trusted.Select(issuer => issuer.Trusted!.JwksFile).OfType<string>()]);

    private async Task<bool> TakeAsync()
    {
        try
        {
            var written = layers.Read().WithDefaultUrl();
            var needsRestart = written.Keys.Union(start.Keys, StringComparer.OrdinalIgnoreCase).Where(key => key != SettingsSchema.Key && !IsLive(key) && written.GetValueOrDefault(key) != start.GetValueOrDefault(key)).Order().ToArray();
            var candidate = needsRestart.Length == 0 ? written : new(start.Where(s => !IsLive(s.Key)).Concat(written.Where(s => IsLive(s.Key))), StringComparer.OrdinalIgnoreCase);

            var settings = SettingsOf(written);
            var errors = await services.CheckAsync(settings);
            if (errors.Count == 0 && needsRestart.Length > 0)
                errors = await services.CheckAsync(settings = SettingsOf(candidate));      // as it would be now, beside what stays
            if (errors.Count > 0)
                return Refuse(errors);
            if (rulebooks.Current.Routes.Count > 0 && settings.Get<ReverseProxyOptions>().Routes.Count == 0)
                return Refuse([$"{ReverseProxyOptions.Section}:Routes: is empty, and {rulebooks.Current.Routes.Count} routes are in force. A gateway that serves does not give up all of them, as a file may have come to nothing by mistake; keep one, or restart."]);

            if (RouteRules.ClaimsOpenIdMetadata(settings.Get<ReverseProxyOptions>()) != claimsOpenIdMetadata)
                needsRestart = [.. needsRestart, TokenEndpoints.OpenIdMetadata];      // whose address that is was settled at the start
            if (needsRestart.Length > 0)
                NeedsRestart(logger, string.Join(", ", needsRestart));
            var hash = HashOf(candidate);
            if (hash == state.Current.Hash)
            {
                state.Agree(needsRestart);
                return true;
            }

            var next = rulebooks.Compile(settings);
            if ((await tests.RunAsync(next)).Select(test => test.Failure).OfType<string>().ToArray() is { Length: > 0 } failures)
                return Refuse(failures);
            var remarks = RouteRemarks.Of(next);      // before it counts: what fails here refuses it
            await rulebooks.PublishAsync(next);
            endings.Hasten();
            state.Accept(new(next.Number, hash, clock.GetUtcNow(), layers.Files, remarks, needsRestart, null));
            StartWarnings.LogRemarks(logger, next, remarks);
            Accepted(logger, next.Number, hash[..12], next.Routes.Count);
            return true;
        }
        catch (StartRefusedException e)
        {
            return Refuse(e.Errors);
        }
        // What no rule has foreseen, a library's own words: the last good one stays.
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            return Refuse(new StartRefusedException("The configuration cannot be used", e).Errors);
        }
    }

    private Settings SettingsOf(Dictionary<string, string?> configuration) => new(new ConfigurationRoot([new IndexedSettings(configuration)]), sections);

    private bool Refuse(IReadOnlyList<string> errors)
    {
        string[] located = [.. errors.Select(layers.Locate)];
        Refused(logger, state.Current.Version, located.Length, string.Join(Environment.NewLine, located));
        state.Refuse(clock.GetUtcNow(), located);
        return false;
    }

    private bool IsLive(string key)
    {
        foreach (var path in livePaths)
        {
            if (key.StartsWith(path, StringComparison.OrdinalIgnoreCase) && (key.Length == path.Length || key[path.Length] == ':'))
                return true;
        }

        return false;
    }

    /// <summary>Of all that may change, and of the keys in files that it names.</summary>
    private string HashOf(Dictionary<string, string?> configuration)
    {
        var live = configuration.Where(setting => IsLive(setting.Key)).Select(setting => (Key: setting.Key.ToLowerInvariant(), setting.Value)).OrderBy(setting => setting.Key, StringComparer.Ordinal).ToArray();
        var keys = FileContent.Fingerprint(live.Where(setting => setting.Key.EndsWith(":" + nameof(TrustedIssuerOptions.JwksFile), StringComparison.OrdinalIgnoreCase)).Select(setting => setting.Value).OfType<string>());
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', live.Select(setting => $"{setting.Key}\0{setting.Value}").Append(keys)))));
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

    [LoggerMessage(9112, LogLevel.Warning, "The configuration files differ from those of the start in what cannot change while serving, and counts from the next start: {Keys}")]
    private static partial void NeedsRestart(ILogger logger, string keys);
}

/// <summary>What the gateway was started with.</summary>
/// <param name="Values">All layers together.</param>
/// <param name="Fingerprint">Of the files, before they were read.</param>
internal sealed record StartConfiguration(Dictionary<string, string?> Values, string Fingerprint);

/// <summary>How often is it looked whether the files have changed, and how long must they be quiet before they are read?</summary>
internal sealed record ReloadPace(TimeSpan Interval, TimeSpan Quiet)
{
    public static readonly ReloadPace Usual = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(300));
}
