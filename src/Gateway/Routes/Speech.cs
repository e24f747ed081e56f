namespace Gateway.Routes;

/// <summary>How is a route's backend told who is there? Routes that tell the same share what is built for somebody.</summary>
/// <param name="Dialect">In which headers.</param>
/// <param name="Audience">For whom it is signed as well, a cluster; null: it is not.</param>
internal sealed record Speech(Dialect Dialect, string? Audience)
{
    public static readonly Speech Default = new(Dialect.ByWord["gateway"], null);
}
