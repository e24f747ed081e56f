namespace Gateway.Sessions;

/// <summary>Keys, each with a number, that many read without a lock while one writes; nothing is ever taken out.</summary>
/// <remarks>Open addressing over two arrays: 20 bytes a place, and at least every second place is taken once it has grown.</remarks>
internal sealed class RevocationTable
{
    private const double Full = 0.8, Growth = 1.5;
    private const int Smallest = 16;

    private volatile Slots places = new(Smallest);

    private sealed class Slots(int size)
    {
        public readonly RevocationKey[] Keys = new RevocationKey[size];

        // 0: the place is free. Written after the key, so that whoever sees it sees the key as well.
        public readonly uint[] Numbers = new uint[size];

        /// <summary>Where that key is, or would be; and the number that was seen there, as another key may take the place at any moment.</summary>
        public (int Place, uint Number) Find(RevocationKey key)
        {
            var place = (int)Math.BigMul(key.Low, (ulong)Keys.Length, out _);
            while (true)
            {
                var number = Volatile.Read(ref Numbers[place]);
                if (number == 0 || Keys[place] == key)
                    return (place, number);
                place = place + 1 == Keys.Length ? 0 : place + 1;
            }
        }
    }

    public int Count { get; private set; }

    public int Places => places.Keys.Length;

    /// <summary>The number of that key; 0: it is not there.</summary>
    public uint Find(RevocationKey key) => places.Find(key).Number;

    /// <summary>Puts a key in, or raises its number. One thread at a time.</summary>
    public void Raise(RevocationKey key, uint number)
    {
        if (Count >= places.Keys.Length * Full)
            Grow();

        var current = places;
        var (place, known) = current.Find(key);
        if (known == 0)
        {
            current.Keys[place] = key;
            Count++;
        }

        if (known < number)
            Volatile.Write(ref current.Numbers[place], number);
    }

    private void Grow()
    {
        var (old, larger) = (places, new Slots((int)(places.Keys.Length * Growth)));
        for (var i = 0; i < old.Keys.Length; i++)
        {
            if (old.Numbers[i] == 0)
                continue;
            var (place, _) = larger.Find(old.Keys[i]);
            (larger.Keys[place], larger.Numbers[place]) = (old.Keys[i], old.Numbers[i]);
        }

        places = larger;
    }
}
