using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Support;

/// <summary>What the gateway wrote to its log. An error that no test asked for fails the test, and so does a secret in any line.</summary>
public sealed class ServerLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> entries = new();

    private readonly ConcurrentDictionary<string, bool> secrets = new();

    /// <summary>With every word of every library.</summary>
    public bool IsTalkative { get; init; }

    public IEnumerable<string> All => entries.Select(e => e.Text);

    /// <summary>Whatever somebody was given, or typed, that must never stand in a log. Of a token, each part that says or proves something.</summary>
    public void Keep(params string?[] texts)
    {
        foreach (var part in texts.SelectMany(text => text?.Split('.') is [_, var claims, { Length: > 40 } signature] ? [claims, signature] : new[] { text }))
        {
            if (part is { Length: >= 8 })
                secrets[part] = true;
        }
    }

    public IEnumerable<string> At(LogLevel level) => entries.Where(e => e.Level == level).Select(e => e.Text);

    /// <summary>Errors from here on are new ones.</summary>
    public void Forget() => entries.Clear();

    public void AssertNoErrors()
    {
        AssertNoSecrets();
        string[] errors = [.. entries.Where(e => e.Level >= LogLevel.Error).Select(e => e.Text)];
        Assert.True(errors.Length == 0, $"{errors.Length} errors in the log, such as {errors.FirstOrDefault()}");
    }

    public void AssertNoSecrets()
    {
        var sought = SearchValues.Create([.. secrets.Keys], StringComparison.Ordinal);
        var leak = secrets.IsEmpty ? null : All.FirstOrDefault(text => text.AsSpan().ContainsAny(sought));
        Assert.True(leak is null, $"A secret stands in the log: {leak}");
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    private sealed class Logger(ServerLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        // EF reports a lost race for a unique name as an error before anyone had the chance to answer it.
        public bool IsEnabled(LogLevel level) => log.IsTalkative || level >= LogLevel.Information && !category.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal);

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            // Kestrel stumbles over a reading of its own that was cancelled, when a client stalls or vanishes within an upload of a known length.
            if (IsEnabled(level) && !(category == "Microsoft.AspNetCore.Server.Kestrel" && id.Id == 67))
                log.entries.Enqueue((level, $"{category}[{id.Id}] {format(state, exception)} {exception}"));
        }
    }
}
