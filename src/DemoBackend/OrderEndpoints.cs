using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DemoBackend;

internal static class OrderEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/orders");

        orders.MapGet("/", (Orders orders) => orders.List());
        orders.MapPost("/", Create);
        orders.MapGet("/{id:int}", (int id, Orders orders) => OkOrNotFound(orders.Find(id)));
        orders.MapPut("/{id:int}", (int id, OrderRequest order, Orders orders) =>
            OkOrNotFound(orders.TryReplace(id, order.Item, order.Quantity)));
        orders.MapDelete("/{id:int}", Delete);

        routes.MapGet("/admin/reports", Report);
    }

    private static Results<Created<Order>, ProblemHttpResult> Create(OrderRequest request, Orders orders) =>
        orders.TryAdd(request.Item, request.Quantity) is { } order
            ? TypedResults.Created($"/orders/{order.Id}", order)
            : TypedResults.Problem($"There is room for {Orders.Limit} orders. Delete some.", statusCode: StatusCodes.Status507InsufficientStorage);

    private static Results<NoContent, NotFound> Delete(int id, Orders orders) =>
        orders.Remove(id) ? TypedResults.NoContent() : TypedResults.NotFound();

    private static ReportResponse Report(Orders orders)
    {
        var list = orders.List();
        return new(list.Length, list.Sum(order => order.Quantity));
    }

    private static Results<Ok<Order>, NotFound> OkOrNotFound(Order? order) =>
        order is null ? TypedResults.NotFound() : TypedResults.Ok(order);
}

// Public: built-in validation skips internal types.
public sealed record OrderRequest([Required, StringLength(100)] string Item, [Range(1, 1_000)] int Quantity);

internal sealed record ReportResponse(int Orders, int Items);
