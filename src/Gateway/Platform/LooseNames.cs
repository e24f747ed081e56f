using System.Collections.Frozen;

namespace Gateway.Platform;

/// <summary>Is this one of these headers to a backend that reads names loosely?</summary>
internal sealed class LooseNames
{
    private readonly FrozenSet<string> names;
    private readonly uint[] lasts = new uint[32];      // by how a name begins: how those end that begin so

    /// <param name="names">None is empty.</param>
    public LooseNames(IEnumerable<string> names)
    {
        this.names = names.ToFrozenSet(CanonicalName.Comparer);
        foreach (var name in this.names)
            lasts[Kind(name[0])] |= 1u << Kind(name[^1]);
    }

    // Every header of every request is looked up, and hardly one is here: its ends tell it without a hash of all between them.
    public bool Contains(string name) => name.Length > 0 && (lasts[Kind(name[0])] >> Kind(name[^1]) & 1) != 0 && names.Contains(name);

    // What CanonicalName takes for the same is of one kind; so is some that it does not.
    private static int Kind(char c) => char.IsAsciiLetterOrDigit(c) ? c & 31 : 0;
}
