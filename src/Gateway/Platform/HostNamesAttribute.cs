using System.ComponentModel.DataAnnotations;

namespace Gateway.Platform;

/// <summary>A list of hosts as a request's Host is compared: names or addresses without scheme and port, and international names as people write them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HostNamesAttribute() : ValidationAttribute("It must be host names without scheme and port, international ones as people write them, such as app.example.com.")
{
    public override bool IsValid(object? value) =>
        value is string[] hosts && hosts.All(host => Uri.CheckHostName(host) is not UriHostNameType.Unknown && (host[0] == '[' || !host.Contains(':')) && !host.Split('.').Any(label => label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase)));
}
