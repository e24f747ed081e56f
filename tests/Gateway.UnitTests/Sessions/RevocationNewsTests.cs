using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

/// <summary>Revocations reach a process twice, late and in any order.</summary>
public sealed class RevocationNewsTests
{
    // Minutes in which the last of them expires; a lifetime is one more.
    private const int Needed = 4;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>News as it may reach a process: some of it twice, in any order.</summary>
    private static readonly Gen<(Revocation[] Once, Revocation[] Heard)> News =
        from once in Gen.ArrayOf(AnyRevocation, 6)
        from order in Gen.Shuffle(once)
        from again in Gen.ArrayOf(Gen.Elements(once), 4)
        from late in Gen.Shuffle((Revocation[])[.. order, .. again])
        select (once, late.ToArray());

    private static Gen<Revocation> AnyRevocation =>
        from kind in Gen.Elements(RevocationKind.User, RevocationKind.User, RevocationKind.Session, RevocationKind.Token)
        from value in Gen.Choose(0, 1)
        from version in Gen.Choose(1, 3)
        from disabled in Gen.Elements(true, false)
        from minutes in Gen.Choose(1, Needed)
        select new Revocation
        {
            Issuer = Revocation.OwnIssuer,
            Kind = kind,
            Value = kind switch { RevocationKind.User => "u1", RevocationKind.Session => $"s{value}", _ => $"t{value}" },
            Version = kind is RevocationKind.User ? version : 0,
            Disabled = kind is RevocationKind.User && disabled,
            ExpiresAt = Start + TimeSpan.FromMinutes(minutes),
        };

    [Fact]
    public void What_was_heard_twice_or_in_another_order_gives_the_same_answers() =>
        Law.Holds(News, news => Assert.Equal(AnswersOverTime(news.Once), AnswersOverTime(news.Heard)));

    [Fact]
    public void Each_is_remembered_as_long_as_it_is_needed_the_strictest_word_counts_and_all_are_forgotten_in_the_end() =>
        Law.Holds(News, news =>
        {
            var users = news.Once.Where(r => r.Kind is RevocationKind.User).ToArray();
            var answers = AnswersOverTime(news.Heard);

            for (var minute = 0; minute < Needed; minute++)
            {
                var live = users.Where(r => r.ExpiresAt > Start + TimeSpan.FromMinutes(minute)).ToArray();
                if (live.Length == 0)
                    continue;
                var version = live.Max(r => r.Version);
                Assert.All(answers[minute][..version], answer => Assert.NotEqual(RevocationHit.None, answer));
                if (live.Any(r => r.Version == version && r.Disabled) && version == users.Max(r => r.Version))
                    Assert.All(answers[minute][..version], answer => Assert.Equal(RevocationHit.Disabled, answer));
            }

            Assert.All(answers[..Needed], minute => Assert.All(minute[(users.Length == 0 ? 0 : users.Max(r => r.Version))..4], answer => Assert.Equal(RevocationHit.None, answer)));
            Assert.All(answers[^1], answer => Assert.Equal(RevocationHit.None, answer));
        });

    /// <summary>Minute by minute, what becomes of tokens of four versions, of two sessions and of two token ids.</summary>
    private static RevocationHit[][] AnswersOverTime(Revocation[] heard)
    {
        var clock = new FakeTimeProvider(Start);
        var revocations = new Revocations(new(new() { AccessLifetime = TimeSpan.FromMinutes(Needed), ClockSkew = TimeSpan.Zero }), clock);
        foreach (var one in heard)
            revocations.Apply([one]);

        return [.. Enumerable.Range(0, Needed + 3).Select(_ =>
        {
            RevocationHit[] answers =
            [
                .. Enumerable.Range(0, 4).Select(version => revocations.Hit(Made.Identity($""" "jti":"t","sid":"s","ver":{version}"""))),
                .. Enumerable.Range(0, 2).Select(id => revocations.Hit(Made.Identity($""" "jti":"t","sid":"s{id}","ver":9"""))),
                .. Enumerable.Range(0, 2).Select(id => revocations.Hit(Made.Identity($""" "jti":"t{id}","sid":"s","ver":9"""))),
            ];
            clock.Advance(TimeSpan.FromMinutes(1));
            revocations.Forget();
            return answers;
        })];
    }
}
