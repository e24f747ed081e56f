using System.Buffers.Binary;
using Gateway.Routes.Streams;

namespace Gateway.UnitTests.Routes.Streams;

public sealed class FrameBoundaryTests
{
    private sealed record Frame(int Opcode, bool IsMasked, int Length)
    {
        public byte[] Bytes()
        {
            var length = new byte[Length switch { < 126 => 0, <= ushort.MaxValue => 2, _ => 8 }];
            if (length.Length == 2)
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)Length);
            else if (length.Length == 8)
                BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)Length);
            var announced = length.Length switch { 0 => Length, 2 => 126, _ => 127 };

            // The payload looks like headers of close frames.
            return [(byte)(0x80 | Opcode), (byte)((IsMasked ? 0x80 : 0) | announced), .. length, .. new byte[IsMasked ? 4 : 0], .. Enumerable.Repeat((byte)0x88, Length)];
        }
    }

    private static readonly Gen<Frame> Frames =
        from opcode in Gen.Elements(0, 1, 2, 9, 10)
        from masked in Gen.Elements(true, false)
        from length in Gen.OneOf(Gen.Choose(0, 130), Gen.Elements(125, 126, 127, 65_535, 65_536, 70_000))
        select new Frame(opcode, masked, length);

    private static readonly Gen<(Frame[] Frames, int[] Cuts)> Pieces =
        from frames in Gen.ArrayOf(Frames, 4)
        from cuts in Gen.ArrayOf(Gen.Choose(1, 40_000), 20)
        select (frames, cuts);

    [Fact]
    public void However_the_bytes_are_cut_it_is_between_frames_exactly_where_a_frame_ends() => Law.Holds(Pieces, made =>
    {
        var ends = new HashSet<long>();
        var bytes = new List<byte>();
        foreach (var frame in made.Frames)
        {
            bytes.AddRange(frame.Bytes());
            ends.Add(bytes.Count);
        }

        var boundaries = new FrameBoundaries();
        var all = bytes.ToArray();
        var at = 0;
        for (var piece = 0; at < all.Length; piece++)
        {
            var length = Math.Min(made.Cuts[piece % made.Cuts.Length], all.Length - at);
            Assert.Equal(length, boundaries.Pass(all.AsSpan(at, length)));
            at += length;
            Assert.Equal(ends.Contains(at), boundaries.IsBetweenFrames);
            Assert.False(boundaries.HasClosed);
        }
    });

    [Fact]
    public void Up_to_the_boundary_means_up_to_the_end_of_this_frame() => Law.Holds(Pieces, made =>
    {
        var boundaries = new FrameBoundaries();
        var all = made.Frames.SelectMany(frame => frame.Bytes()).ToArray();
        var cut = Math.Min(made.Cuts[0], all.Length);
        boundaries.Pass(all.AsSpan(0, cut));

        var passed = cut + boundaries.Pass(all.AsSpan(cut), toBoundary: true);

        var end = 0;
        foreach (var frame in made.Frames)
        {
            end += frame.Bytes().Length;
            if (end >= cut)
                break;
        }

        Assert.Equal(end, passed);
        Assert.True(boundaries.IsBetweenFrames);
        Assert.Equal(0, boundaries.Pass(all.AsSpan(passed), toBoundary: true));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Close_frame_is_seen_from_its_first_byte_on(bool isMasked)
    {
        var boundaries = new FrameBoundaries();
        var close = new Frame(8, isMasked, 2).Bytes();

        boundaries.Pass(new Frame(1, isMasked, 200).Bytes());
        Assert.False(boundaries.HasClosed);
        boundaries.Pass(close.AsSpan(0, 1));
        Assert.True(boundaries.HasClosed);
        Assert.False(boundaries.IsBetweenFrames);
        boundaries.Pass(close.AsSpan(1));
        Assert.True(boundaries.IsBetweenFrames);
    }
}
