using System.ComponentModel.DataAnnotations;
using Gateway.Platform;

namespace Gateway.Admin;

/// <summary>Where do operators reach the gateway?</summary>
internal sealed class ManagementOptions : IValidatableObject
{
    public const string Section = "Gateway:Management";

    public string Url { get; set; } = "http://127.0.0.1:8090";

    /// <summary>Names, beside loopback ones, under which the listener may be addressed.</summary>
    [HostNames]
    public string[] Hosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (ListenAddress.TryParse(Url)?.Scheme is not "http")
            yield return new($"'{Url}' is not an address. It must be http:// with host and port, such as http://127.0.0.1:8090.", [nameof(Url)]);
    }
}
