namespace Gateway.Platform;

/// <summary>What could a backend take for another path? Refused, unless the route takes it by the metadata of that name.</summary>
[Flags]
internal enum PathRisk
{
    None = 0,
    EncodedSlash = 1,
    DoubleSlash = 2,
}

/// <summary>On an endpoint: the risks that its route takes.</summary>
internal sealed record RisksTaken(PathRisk Risks);
