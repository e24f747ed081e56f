using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Gateway.Routes.Explaining;

/// <summary>One entry of Gateway:PolicyTests: what shall become of this request?</summary>
internal sealed class PolicyTestOptions : IValidatableObject
{
    public const string Section = "Gateway:PolicyTests";

    // What is decided before the backend is asked. Everything else depends on what happens meanwhile.
    private static readonly int[] Decided = [200, 204, 400, 401, 403, 404, 405, 431];

    private static readonly string[] Codes = ["invalid_request", "request_refused", "token_missing", "token_invalid", "insufficient_user_authentication", "policy_denied", "insufficient_scope", "route_not_found"];

    /// <summary>Method and path, or method and URL.</summary>
    public string Request { get; set; } = "";

    /// <summary>Claims, in the words of <see cref="TokenWords"/>; null, or an object with nothing in it: nobody is signed in.</summary>
    public IConfigurationSection? As { get; set; }

    /// <summary>The status; 200: it passes to the backend, whatever that says.</summary>
    public int Expect { get; set; }

    /// <summary>The code of the refusal; null: whichever.</summary>
    public string? Code { get; set; }

    /// <summary>The route that decides; null: whichever.</summary>
    public string? Route { get; set; }

    /// <summary>Null: that of PublicUrl.</summary>
    public string? Host { get; set; }

    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>The client's address; null: in no network.</summary>
    public string? From { get; set; }

    public Question Question => Question.TryRead(Request, Host, [.. Headers], From, out var error) ?? throw new InvalidOperationException(error);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Question.ErrorOfRequest(Request) is { } request)
            yield return new(request, [nameof(Request)]);
        if (!Decided.Contains(Expect))
            yield return new($"{(Expect == 0 ? "is missing" : $"{Expect} is nothing that a test can expect")}. It must be the status that the gateway decides on: {string.Join(", ", Decided)}, where 200 means that it passes to the backend.", [nameof(Expect)]);
        if (Code is not null && !Codes.Contains(Code))
            yield return new($"'{Code}' is no code that a test can expect. It must be one of {string.Join(", ", Codes)}{Platform.Configuration.Suggestion.For(Code, Codes)}.", [nameof(Code)]);
        else if (Code is not null && Expect is (200 or 204))
            yield return new($"stands beside {Expect.ToString(CultureInfo.InvariantCulture)}, which is no refusal and has none. Remove it.", [nameof(Code)]);
        if (Question.ErrorOfHost(Host) is { } host)
            yield return new(host, [nameof(Host)]);
        if (Question.ErrorOfAddress(From) is { } from)
            yield return new(from, [nameof(From)]);
        foreach (var error in Headers.Select(header => Question.ErrorOfHeader(header.Key, header.Value)).OfType<string>())
            yield return new(error, [nameof(Headers)]);
    }
}
