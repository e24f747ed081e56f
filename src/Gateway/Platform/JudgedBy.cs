namespace Gateway.Platform;

/// <summary>Which policy stands at this endpoint, of which configuration? For whoever reads in the log why something was refused.</summary>
/// <param name="Policy">Its name; of an inline rule what it demands, which names no person.</param>
/// <param name="Configuration">Its number, 1 that of the start.</param>
internal sealed record JudgedBy(string Policy, int Configuration);
