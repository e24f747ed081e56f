namespace Gateway.Platform.Database;

/// <summary>Which gateway is this? The same for all replicas of one database, and another for any other; known once the database is open.</summary>
internal sealed class Installation
{
    private string? id;

    /// <summary>16 hexadecimal digits, made with the database.</summary>
    public string Id => id ?? throw new InvalidOperationException("The installation is known once the database is open.");

    public void Use(string known) => id = known;
}
