using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Support;

/// <summary>What the gateway wrote to its log. An error that no test asked for fails the test.</summary>
public sealed class ServerLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> entries = new();

    public IEnumerable<string> At(LogLevel level) => entries.Where(e => e.Level == level).Select(e => e.Text);

    /// <summary>Errors from here on are new ones.</summary>
    public void Forget() => entries.Clear();

    public void AssertNoErrors()
    {
        string[] errors = [.. entries.Where(e => e.Level >= LogLevel.Error).Select(e => e.Text)];
        Assert.True(errors.Length == 0, $"{errors.Length} errors in the log, such as {errors.FirstOrDefault()}");
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    private sealed class Logger(ServerLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        // EF reports a lost race for a unique name as an error before anyone had the chance to answer it.
        public bool IsEnabled(LogLevel level) => level >= LogLevel.Information && !category.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal);

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            // Kestrel stumbles over a reading of its own that was cancelled, when a client stalls or vanishes within an upload of a known length.
            if (IsEnabled(level) && !(category == "Microsoft.AspNetCore.Server.Kestrel" && id.Id == 67))
                log.entries.Enqueue((level, $"{category}[{id.Id}] {format(state, exception)} {exception}"));
        }
    }
}
