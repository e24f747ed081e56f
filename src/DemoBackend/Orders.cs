namespace DemoBackend;

/// <summary>The orders of this process: in memory, at most <see cref="Limit"/> of them.</summary>
internal sealed class Orders
{
    public const int Limit = 1_000;

    private readonly Lock gate = new();
    private readonly SortedDictionary<int, Order> orders = [];
    private int lastId;

    public Orders()
    {
        TryAdd("coffee", 2);
        TryAdd("tea", 1);
    }

    public Order[] List()
    {
        lock (gate)
            return [.. orders.Values];
    }

    public Order? Find(int id)
    {
        lock (gate)
            return orders.GetValueOrDefault(id);
    }

    /// <returns>The new order; null when there is no room for another.</returns>
    public Order? TryAdd(string item, int quantity)
    {
        lock (gate)
        {
            if (orders.Count == Limit)
                return null;

            var order = new Order(++lastId, item, quantity);
            orders.Add(order.Id, order);
            return order;
        }
    }

    /// <returns>The order as it is now; null when there is none with that id.</returns>
    public Order? TryReplace(int id, string item, int quantity)
    {
        lock (gate)
            return orders.ContainsKey(id) ? orders[id] = new Order(id, item, quantity) : null;
    }

    public bool Remove(int id)
    {
        lock (gate)
            return orders.Remove(id);
    }
}

internal sealed record Order(int Id, string Item, int Quantity);
