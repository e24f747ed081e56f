using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class RevocationTableTests
{
    // Few different keys, so that numbers are raised; keys that differ in one half only, so that places are fought for.
    private static readonly Gen<(RevocationKey Key, uint Number)[]> Raises = Gen.ArrayOf(
        from high in Gen.Choose(0, 3)
        from low in Gen.Choose(0, 40)
        from number in Gen.Choose(1, 5)
        select (new RevocationKey((ulong)high, ((ulong)low << 58) + (ulong)low + 1), (uint)number));

    [Fact]
    public void It_knows_what_was_put_in_with_its_highest_number_and_nothing_else() =>
        Law.Holds(Raises, raises =>
        {
            var (table, model) = (new RevocationTable(), new Dictionary<RevocationKey, uint>());
            foreach (var (key, number) in raises)
            {
                table.Raise(key, number);
                model[key] = Math.Max(number, model.GetValueOrDefault(key));
            }

            Assert.Equal(model.Count, table.Count);
            Assert.All(model, entry => Assert.Equal(entry.Value, table.Find(entry.Key)));
            Assert.Equal(0u, table.Find(new(ulong.MaxValue, ulong.MaxValue)));
        });

    [Fact]
    public void Entry_takes_at_most_64_bytes_at_any_size()
    {
        const int BytesPerPlace = 16 + 4, MostBytes = 64;
        var table = new RevocationTable();
        for (var i = 1; i <= 1_000_000; i++)
        {
            table.Raise(RevocationKey.Of(RevocationKind.Session, "", i.ToString(System.Globalization.CultureInfo.InvariantCulture)), 1);
            if (i >= 16)
                Assert.True(table.Places * BytesPerPlace <= i * MostBytes, $"{table.Places} places for {i} entries");
        }

        Assert.Equal(1_000_000, table.Count);
    }

    [Fact]
    public async Task Who_reads_while_somebody_writes_misses_nothing_that_was_there_before()
    {
        var table = new RevocationTable();
        var written = 0;
        var writer = Task.Run(() =>
        {
            for (var i = 1; i <= 200_000; i++)
            {
                table.Raise(Key(i), (uint)i);
                Volatile.Write(ref written, i);
            }
        }, TestContext.Current.CancellationToken);

        var random = new Random(1);
        while (!writer.IsCompleted)
        {
            var known = Volatile.Read(ref written);
            if (known == 0)
                continue;
            var i = random.Next(1, known + 1);
            Assert.Equal((uint)i, table.Find(Key(i)));
        }

        await writer;

        static RevocationKey Key(int i) => new(0, (ulong)i * 0x9E3779B97F4A7C15);
    }
}
