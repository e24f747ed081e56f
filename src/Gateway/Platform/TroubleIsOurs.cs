using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform;

/// <summary>When the store fails, the client is told that it is our trouble: 503, never a logout.</summary>
internal sealed partial class TroubleIsOurs(ILogger<TroubleIsOurs> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or TimeoutException)
        {
            StoreFailed(logger, e);
            return Problems.StoreUnavailable;
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "The store failed")]
    private static partial void StoreFailed(ILogger logger, Exception e);
}
