using System.Text;

namespace Gateway.Routes.Explaining;

/// <summary>How is an explanation said to a person at a terminal?</summary>
internal static class ExplanationText
{
    public static string Of(Explanation told)
    {
        var text = new StringBuilder();
        Line($"{told.Request} at {told.Host}{(told.From is null ? "" : $", from {told.From}")}, as {told.As}");
        Line(told.Outcome switch
        {
            Outcome.Passes => $"Passes. {told.Reason}",
            Outcome.Refused => $"Refused: {told.Status} {told.Code}. {told.Reason}",
            Outcome.Preflight => $"Answered by the gateway: {told.Status}. {told.Reason}",
            _ => told.Reason,
        });
        if (told.Route is not null)
        {
            Line();
            Line($"Route    {told.Route}{(told.Path is null ? "" : $" ({told.Path})")}");
            foreach (var (what, name) in new[] { ("Policy ", told.Policy), ("Cors   ", told.CorsPolicy), ("Limit  ", told.RateLimiterPolicy), ("Timeout", told.TimeoutPolicy) })
            {
                if (!string.IsNullOrEmpty(name))
                    Line($"{what}  {name}");
            }

            foreach (var demand in told.Requirements)
                Say(demand, "  ");
        }

        if (told.Backend is { } backend)
        {
            Line();
            Line($"The backend ({backend.Cluster}) gets {told.Request.Split(' ')[0]} {backend.Path} with");
            foreach (var (name, value) in backend.Headers)
                Line($"  {name}: {value}");
            if (backend.Headers.Count == 0)
                Line("  no headers but those that every request has");
        }

        if (told.Almost.Count > 0)
        {
            Line();
            Line("Almost");
            foreach (var miss in told.Almost)
                Line($"  {miss.Route} ({miss.Path ?? "every path"}): {miss.Reason}");
        }

        foreach (var note in told.Notes)
        {
            Line();
            Line($"Note: {note}");
        }

        return text.ToString();

        void Line(string line = "") => text.Append(line).Append(Environment.NewLine);

        void Say(Demand demand, string indent)
        {
            Line($"{indent}{demand.Met switch { true => "met   ", false => "MISSED", null => "?     " }} {demand.Text}");
            foreach (var part in demand.Parts)
                Say(part, indent + "  ");
        }
    }
}
