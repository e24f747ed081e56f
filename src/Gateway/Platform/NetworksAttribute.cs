using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Gateway.Platform;

/// <summary>Is each of these a network (10.0.0.0/8) or a single address?</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworksAttribute() : ValidationAttribute(Rule)
{
    public const string Rule = "Each must be a network such as 10.0.0.0/8 or fd00::/8, without bits beyond its prefix and with IPv4 written as such, or an address such as 10.0.0.1.";

    public static IPNetwork? TryParse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network.BaseAddress.Equals(IPAddress.Parse(text.Split('/')[0])) && !network.BaseAddress.IsIPv4MappedToIPv6 ? network : null
        : IPAddress.TryParse(text, out var address) && !text.Contains('/') ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    public override bool IsValid(object? value) => value is string[] all && all.All(text => TryParse(text) is not null);
}
