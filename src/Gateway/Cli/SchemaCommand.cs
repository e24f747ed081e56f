using System.CommandLine;
using Gateway.Platform.Configuration;

namespace Gateway.Cli;

/// <summary><c>schema</c>: what may stand in a configuration file? For editors; needs no configuration.</summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Prints the JSON Schema of configuration files, for editors.");
        command.SetAction(_ => Console.Out.Write(Text()));
        return command;
    }

    public static string Text() => SettingsSchema.Of(new ServiceCollection().AddGateway()
        .Where(service => service.ServiceType == typeof(SettingsSection)).Select(service => (SettingsSection)service.ImplementationInstance!));
}
