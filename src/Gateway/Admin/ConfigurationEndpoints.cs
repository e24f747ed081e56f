using Gateway.Platform.Configuration;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Admin;

/// <summary>Which configuration is in force, and why is what the files say now not?</summary>
internal static class ConfigurationEndpoints
{
    public static void MapConfiguration(this IEndpointRouteBuilder admin) => admin.MapGet("/config", Show);

    private static Ok<ConfigurationResponse> Show([FromServices] ConfigurationState state)
    {
        var report = state.Current;
        return TypedResults.Ok(new ConfigurationResponse(
            report.Version, report.Hash, report.Since, report.Files, report.Warnings, report.NeedsRestart,
            report.Refused is { } refused ? new(refused.At, refused.Errors) : null));
    }
}

/// <param name="Version">1 is that of the start.</param>
/// <param name="Hash">SHA-256 of all that may change while serving, in hexadecimal.</param>
/// <param name="Since">When it came into force.</param>
/// <param name="Files">Where it was read, in the order in which they were named.</param>
/// <param name="Warnings">What is allowed, and worth a look.</param>
/// <param name="NeedsRestart">Keys that differ from the start and cannot change while serving.</param>
/// <param name="Refused">Null: the files say what is in force.</param>
public sealed record ConfigurationResponse(
    int Version, string Hash, DateTimeOffset Since, IReadOnlyList<string> Files, IReadOnlyList<string> Warnings, IReadOnlyList<string> NeedsRestart, RefusedConfigurationResponse? Refused);

/// <param name="At">When it was read.</param>
/// <param name="Errors">Each says fact, rule and remedy, and where it is written if that is known.</param>
public sealed record RefusedConfigurationResponse(DateTimeOffset At, IReadOnlyList<string> Errors);
