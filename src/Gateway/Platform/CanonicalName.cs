namespace Gateway.Platform;

/// <summary>
/// Which header is this to a backend that reads names loosely? Lower case, and each run of characters other than letters and
/// digits is one '-': X_User_Id, x.user--id and X-User-Id are the same to CGI, WSGI and their heirs.
/// </summary>
internal static class CanonicalName
{
    public static IEqualityComparer<string> Comparer { get; } = new LooseComparer();

    // Computed on the fly: every header of every request is looked up, so nothing may be allocated.
    private sealed class LooseComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y)
        {
            if (x is null || y is null)
                return ReferenceEquals(x, y);

            var (i, j) = (0, 0);
            while (i < x.Length && j < y.Length)
            {
                if (Next(x, ref i) != Next(y, ref j))
                    return false;
            }

            return i == x.Length && j == y.Length;
        }

        public int GetHashCode(string obj)
        {
            var hash = 17u;
            for (var i = 0; i < obj.Length;)
                hash = (hash * 31) + Next(obj, ref i);
            return (int)hash;
        }

        private static char Next(string name, ref int at)
        {
            var c = name[at++];
            if (char.IsAsciiLetterOrDigit(c))
                return (char)(c | 0x20);      // digits have that bit already

            while (at < name.Length && !char.IsAsciiLetterOrDigit(name[at]))
                at++;
            return '-';
        }
    }
}
