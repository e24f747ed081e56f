using System.ComponentModel.DataAnnotations;

namespace Gateway.Platform;

/// <summary>What is the gateway called from outside, and what are its secrets?</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    public const string Section = "Gateway";

    /// <summary>The origin that clients see: the issuer unless Tokens:Issuer says otherwise, and the origin of cookies.</summary>
    public Uri PublicUrl { get; set; } = new("http://localhost:8080");

    /// <summary>Everything below it is the gateway's own and never forwarded.</summary>
    [RegularExpression("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+", ErrorMessage = "It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    public string Path { get; set; } = "/auth";

    public string? Secret { get; set; }

    public string? SecretFile { get; set; }

    public string[] PreviousSecrets { get; set; } = [];

    /// <summary>Proxies in front whose X-Forwarded-For, -Proto and -Host are believed: networks or addresses. Default: nobody.</summary>
    [Networks]
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>scheme://host[:port] as a browser writes it (RFC 6454 section 6.2): the host in ASCII, no default port, no slash at the end.</summary>
    public string Origin => $"{PublicUrl.Scheme}://{(PublicUrl.HostNameType is UriHostNameType.Dns ? PublicUrl.IdnHost : PublicUrl.Host)}{(PublicUrl.IsDefaultPort ? "" : $":{PublicUrl.Port}")}";

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (PublicUrl.Scheme is not ("http" or "https") || PublicUrl.PathAndQuery != "/" || PublicUrl.Fragment.Length > 0 || PublicUrl.UserInfo.Length > 0)
            yield return new($"'{PublicUrl}' is not an origin. It must be http or https with a host and no path, such as https://app.example.com.", [nameof(PublicUrl)]);
        if (SecretFile?.Trim() is "")
            yield return new("is empty. Name the file, or leave the key out for the one beside the database.", [nameof(SecretFile)]);
        if (Secret is not null && SecretFile is not null)
            yield return new("stands beside SecretFile. Only one of the two may be set; remove the other.", [nameof(Secret)]);
        if (Secret is not null && System.Text.Encoding.UTF8.GetByteCount(Secret) < Platform.Secret.MinimumBytes)
            yield return new($"is too short. It must be {Platform.Secret.MinimumBytes} bytes or more; make one with: openssl rand -base64 32", [nameof(Secret)]);
        if (PreviousSecrets.Any(s => System.Text.Encoding.UTF8.GetByteCount(s) < Platform.Secret.MinimumBytes))
            yield return new($"holds one that is too short. Each must be {Platform.Secret.MinimumBytes} bytes or more.", [nameof(PreviousSecrets)]);
    }
}
