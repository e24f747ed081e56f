using Microsoft.AspNetCore.Connections;

namespace Gateway.Platform;

/// <summary>Whatever fails behind an endpoint of ours, the client is told that it is our trouble: 503, never a logout, never a bare 500.</summary>
internal sealed partial class TroubleIsOurs(ILogger<TroubleIsOurs> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException && context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.Empty;      // the client left, nobody is there to be told
        }
        catch (BadHttpRequestException)
        {
            throw;      // the client's trouble: Kestrel knows the status
        }
        catch (Exception e)
        {
            Failed(logger, e, context.HttpContext.GetEndpoint()?.DisplayName);
            return Problems.StoreUnavailable;
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "Our trouble at {Endpoint}")]
    private static partial void Failed(ILogger logger, Exception e, string? endpoint);
}
