using System.Diagnostics.Metrics;

namespace Gateway.Platform.Telemetry;

/// <summary>How do the requests to one endpoint of ours end: succeeded, abandoned, or with which problem?</summary>
internal sealed class Outcomes(string counter, string description) : IEndpointFilter, IInstruments
{
    public const string Succeeded = "succeeded", Abandoned = "abandoned";

    private readonly Tally tally = new("outcome", Succeeded);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        string? outcome = null;
        try
        {
            var result = await next(context);
            outcome = (result as Problem)?.Code ?? Succeeded;
            return result;
        }
        finally
        {
            // It threw: because the client left, or TroubleIsOurs will say so.
            tally.Add(outcome ?? (context.HttpContext.RequestAborted.IsCancellationRequested ? Abandoned : Problems.StoreUnavailable.Code));
        }
    }

    public void AddTo(Meter meter) => meter.CreateObservableCounter(counter, () => tally.Read(), null, description);
}
