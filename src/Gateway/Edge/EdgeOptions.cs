using System.ComponentModel.DataAnnotations;
using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>What may a request look like?</summary>
internal sealed class EdgeOptions
{
    public const string Section = "Gateway:Edge";

    /// <summary>Clients of older Express services send their token as x-access-token.</summary>
    public bool AccessTokenHeader { get; set; } = true;

    [Range(512, 65_536, ErrorMessage = "It must be between 512 and 65536.")]
    public int MaxTokenBytes { get; set; } = 8192;

    /// <summary>Connections at once, WebSockets too; one more is closed unanswered.</summary>
    [Range(10, 1_000_000, ErrorMessage = "It must be between 10 and 1000000.")]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Host names that are answered; empty: all.</summary>
    [HostNames]
    public string[] AllowedHosts { get; set; } = [];
}
