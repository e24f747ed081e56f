using Microsoft.Extensions.Logging.Console;

namespace Gateway.Platform;

/// <summary>What is written to the log, unless the configuration's Logging section says otherwise?</summary>
internal static class GatewayLog
{
    private static readonly (string Category, LogLevel Level)[] Libraries =
    [
        // Their own talk is for who asks for it; some of it would name every request's query.
        ("Microsoft", LogLevel.Warning), ("System", LogLevel.Warning), ("Yarp", LogLevel.Warning),

        // Where it may log anything, each request pays for a trace activity that nobody collects, and the client's traceparent is replaced.
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None),

        // Its exceptions quote the backend, byte for byte; the gate says what matters.
        ("Yarp.ReverseProxy.Forwarder", LogLevel.None),

        // It calls a lost race an error before anyone had the chance to run it again; what stays an error is said by who asked.
        ("Microsoft.EntityFrameworkCore.Update", LogLevel.None), ("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None),

        // Only session affinity uses it, with keys that need no home.
        ("Microsoft.AspNetCore.DataProtection", LogLevel.Error),
        ("Microsoft.Extensions.Hosting", LogLevel.None),
    ];

    public static void AddGatewayLog(this ILoggingBuilder logging, IConfiguration configuration)
    {
        // A level that is set for the console alone would outdo every rule that is not.
        var forConsole = configuration.GetSection("Logging:Console:LogLevel").Exists();
        foreach (var (category, level) in Libraries)
            _ = forConsole ? logging.AddFilter<ConsoleLoggerProvider>(category, level) : logging.AddFilter(category, level);
        if (!LogLevels.Errors(configuration).Any())
            logging.AddConfiguration(configuration.GetSection("Logging"));

        // A console that is slow to read must not hold up requests; what is lost is counted.
        logging.AddConsole().Services.PostConfigure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
    }
}
