using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Platform;
using Gateway.Routes.Policies;

namespace Gateway.Routes.Explaining;

/// <summary>What would become of a request, and why? The same in JSON, for people and for tests.</summary>
internal sealed record Explanation(string Request, string Host, string? From, string As, Outcome Outcome)
{
    public static readonly JsonSerializerOptions Json = new(JsonBody.Options)
    {
        WriteIndented = true,
        MaxDepth = 64,      // as deep as policies may be
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,      // for people: it never stands in a page
    };

    /// <summary>What the client would get; 200 where it is the backend's to say, null where it is another part of the gateway's.</summary>
    public int? Status { get; init; }

    /// <summary>Of the problem; null: it is not refused.</summary>
    public string? Code { get; init; }

    /// <summary>One sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>What decided, where a policy refuses.</summary>
    public string? Requirement { get; init; }

    /// <summary>What a policy that only watches would have said; null: nothing.</summary>
    public Spared? Shadow { get; init; }

    /// <summary>Null: none was found, or none was looked for.</summary>
    public string? Route { get; init; }

    public string? Path { get; init; }

    public string? Policy { get; init; }

    /// <summary>Everything that the policy demands.</summary>
    public IReadOnlyList<Demand> Requirements { get; init; } = [];

    /// <summary>What would arrive there; null: nothing does.</summary>
    public Forwarded? Backend { get; init; }

    public string? CorsPolicy { get; init; }

    public string? RateLimiterPolicy { get; init; }

    public string? TimeoutPolicy { get; init; }

    /// <summary>Routes that the path alone would lead to, and what is in the way.</summary>
    public IReadOnlyList<NearMiss> Almost { get; init; } = [];

    /// <summary>What was assumed, or not looked at.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public bool Passes => Outcome is Outcome.Passes or Outcome.Preflight;
}

internal enum Outcome
{
    Passes,
    Refused,

    /// <summary>Answered by an endpoint of the gateway's, never forwarded.</summary>
    Own,

    /// <summary>A question of a browser's, which the gateway answers.</summary>
    Preflight,
}

/// <param name="Text">What is demanded.</param>
/// <param name="Met">Null: nobody is there of whom it could be asked.</param>
/// <param name="Parts">What it is made of, each judged by itself.</param>
internal sealed record Demand(string Text, bool? Met, IReadOnlyList<Demand> Parts)
{
    public static Demand Of(Requirement requirement, Circumstances? circumstances) => new(
        requirement.Text, circumstances is { } known ? requirement.IsMetBy(in known) : null, [.. requirement.Parts.Select(part => Of(part, circumstances))]);
}

/// <param name="Status">What would be refused.</param>
/// <param name="Code">Of the problem.</param>
/// <param name="Requirement">What is missing.</param>
internal sealed record Spared(int Status, string Code, string Requirement)
{
    public static Spared? Of(Problem? refusal) => refusal is null ? null : new(refusal.Status, refusal.Code, refusal.Requirement ?? Explainer.SignedIn);
}

/// <param name="Cluster">As the configuration calls it.</param>
/// <param name="Path">With the query.</param>
/// <param name="Headers">Name and value; an assertion is not signed for this, it is only said to be there.</param>
internal sealed record Forwarded(string Cluster, string Path, IReadOnlyDictionary<string, string> Headers);

/// <param name="Route">Its id.</param>
/// <param name="Path">Its pattern.</param>
/// <param name="Reason">Why it is not the one.</param>
internal sealed record NearMiss(string Route, string? Path, string Reason);
