using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Gateway.Tokens;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Admin;

/// <summary>What would become of a request at this gateway, by the configuration in force, and why?</summary>
internal static class ExplainingEndpoints
{
    private const string Rule = "Write request, such as GET /orders/1, and beside it at most one of as (claims), user (a name) and token; headers, host and from if they matter.";

    public static void MapExplaining(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/explain", (JsonBody<ExplainRequest> body, HttpContext http, CancellationToken ct) => ExplainAsync(body.Value, http.RequestServices, ct));
        admin.MapGet("/explain", (HttpContext http, CancellationToken ct) => Read(http.Request.Query, out var error) is { } asked ? ExplainAsync(asked, http.RequestServices, ct) : Task.FromResult<IResult>(Problems.InvalidRequest(error!)));
    }

    /// <summary>A token does not go into an address, where logs would keep it.</summary>
    private static ExplainRequest? Read(IQueryCollection query, out string? error)
    {
        string[] once = ["request", "user", "host", "from"], often = ["as", "header"];
        error = query.Keys.Any(key => !once.Contains(key) && !often.Contains(key)) || once.Any(key => query[key].Count > 1)
            ? $"The query takes {string.Join(", ", once)} once, and {string.Join(" and ", often)} as often as needed. A token is asked about with POST."
            : null;
        var said = error is null && query["as"].Count > 0 ? TokenWords.Parse([.. query["as"].OfType<string>()], out error) : null;
        if (error is not null)
            return null;

        var headers = query["header"].OfType<string>().Select(line => line.Split(':', 2)).ToArray();
        if (headers.All(header => header.Length == 2) && headers.DistinctBy(header => header[0], StringComparer.OrdinalIgnoreCase).Count() == headers.Length)
            return new((string?)query["request"] ?? "", said, headers.ToDictionary(header => header[0], header => header[1].Trim()), query["host"], query["from"], query["user"]);

        error = "A header is written 'Name: value', each name once.";
        return null;
    }

    private static async Task<IResult> ExplainAsync(ExplainRequest asked, IServiceProvider services, CancellationToken ct)
    {
        if (new object?[] { asked.As, asked.User, asked.Token }.Count(who => who is not null) > 1)
            return Problems.InvalidRequest(Rule);
        if (Question.TryRead(asked.Request, asked.Host, [.. asked.Headers ?? []], asked.From, out var error) is not { } question)
            return Problems.InvalidRequest(error!);

        var askers = services.GetRequiredService<Askers>();
        return await services.GetRequiredService<Explainers>().ExplainAsync(question, AskerAsync, ct) is { } told
            ? TypedResults.Json(told, Explanation.Json)
            : Problems.InvalidRequest(error!);

        async Task<Asker?> AskerAsync(IssuerSet issuers)
        {
            if (asked.Token is { } token)
                return await askers.VerifiedAsync(token, issuers, ct);
            if (asked.User is { } name)
            {
                error = "There is no such user. Write the user name.";
                return await services.GetRequiredService<UserAdministration>().FindAsync(name, ct) is { } user ? askers.OfUser(Subjects.Of(user)) : null;
            }

            error = asked.As is null ? null : TokenWords.Errors(asked.As, Issuers.NamesIn(services.GetRequiredService<Rulebooks>().Current.Settings)).FirstOrDefault();
            error = error is null ? null : $"as: {error}";
            return error is null ? askers.OfWords(asked.As, issuers, out error) : null;
        }
    }
}

/// <param name="Request">Method and path, or method and URL.</param>
/// <param name="As">Who asks, in claims; absent: nobody.</param>
/// <param name="Headers">Of the request.</param>
/// <param name="Host">Absent: that of PublicUrl.</param>
/// <param name="From">The client's address; absent: in no network.</param>
/// <param name="User">Who asks: the name of an account.</param>
/// <param name="Token">Who asks: what this token proves.</param>
public sealed record ExplainRequest(
    string Request, JsonObject? As = null, Dictionary<string, string>? Headers = null, string? Host = null, string? From = null, string? User = null, string? Token = null);
