using System.Collections.Frozen;

namespace Gateway.Platform;

/// <summary>Is this one of these headers to a backend that reads names loosely?</summary>
internal sealed class LooseNames
{
    private readonly FrozenSet<string> names;
    private readonly uint[] lasts = new uint[32];      // by how a name begins: how those end that begin so
    private readonly string[] families;
    private readonly uint firsts = 1;      // of families; what begins with a sign may belong to any

    /// <param name="names">None is empty.</param>
    /// <param name="families">How further ones begin: small letters and digits, which signs may stand between, and a hyphen where one must.</param>
    public LooseNames(IEnumerable<string> names, params string[] families)
    {
        this.names = names.ToFrozenSet(CanonicalName.Comparer);
        foreach (var name in this.names)
            lasts[Kind(name[0])] |= 1u << Kind(name[^1]);

        this.families = families;
        foreach (var family in families)
            firsts |= 1u << Kind(family[0]);
    }

    // Every header of every request is looked up, and hardly one is here: its ends tell it without a hash of all between them.
    public bool Contains(string name) => name.Length > 0
        && (((lasts[Kind(name[0])] >> Kind(name[^1]) & 1) != 0 && names.Contains(name)) || ((firsts >> Kind(name[0]) & 1) != 0 && BelongsToFamily(name)));

    private bool BelongsToFamily(string name)
    {
        foreach (var family in families)
        {
            if (BeginsWith(name, family))
                return true;
        }

        return false;
    }

    private static bool BeginsWith(string name, string family)
    {
        var at = 0;
        for (var i = 0; i < name.Length && at < family.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i]))
                at += family[at] == '-' ? 1 : 0;
            else if ((name[i] | 0x20) != family[at++])
                return false;
        }

        return at == family.Length;
    }

    // What CanonicalName takes for the same is of one kind; so is some that it does not.
    private static int Kind(char c) => char.IsAsciiLetterOrDigit(c) ? c & 31 : 0;
}
