using Gateway.Platform;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.UnitTests.Platform;

public sealed class GatewayLogTests
{
    [Theory]
    [InlineData("Logging:LogLevel:Default")]
    [InlineData("Logging:Console:LogLevel:Default")]
    public void A_level_for_everything_does_not_make_libraries_tell_of_requests_and_backends(string key)
    {
        var logger = Loggers((key, "Trace"));

        Assert.False(logger.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.False(logger.CreateLogger("Yarp.ReverseProxy.Forwarder.HttpForwarder").IsEnabled(LogLevel.Critical));
        Assert.True(logger.CreateLogger("Gateway.Routes").IsEnabled(LogLevel.Trace));
    }

    [Theory]
    [InlineData("Logging:LogLevel:Yarp.ReverseProxy.Forwarder")]
    [InlineData("Logging:Console:LogLevel:Yarp.ReverseProxy.Forwarder")]
    public void Who_asks_for_a_library_by_its_name_hears_it(string key) =>
        Assert.True(Loggers((key, "Information")).CreateLogger("Yarp.ReverseProxy.Forwarder.HttpForwarder").IsEnabled(LogLevel.Information));

    private static ILoggerFactory Loggers((string Key, string Value) setting)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting.Key, setting.Value)]).Build();
        return new ServiceCollection().AddLogging(logging => logging.AddGatewayLog(configuration)).BuildServiceProvider().GetRequiredService<ILoggerFactory>();
    }
}
