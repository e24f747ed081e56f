using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Does the request come from one of these networks? Who has no address (a Unix socket) is in none.</summary>
internal sealed class FromNetworks(string[] networks) : Requirement(Describe(networks), Problems.PolicyDenied(Describe(networks)))
{
    private readonly Block[] blocks = [.. networks.Select(text => Block.Of(NetworksAttribute.TryParse(text)!.Value))];

    public override bool IsMetBy(in Circumstances circumstances)
    {
        if (circumstances.Peer is not { } peer)
            return false;

        var (number, isFour) = NumberOf(peer);
        foreach (var block in blocks)
        {
            if (block.IsFour == isFour && (number & block.Mask) == block.First)
                return true;
        }

        return false;
    }

    // IPv4 may come in IPv6's clothes (::ffff:10.0.0.1, on every dual-stack socket). IPAddress.MapToIPv4 would make a new one each time.
    private static (UInt128 Number, bool IsFour) NumberOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily is AddressFamily.InterNetwork ? (BinaryPrimitives.ReadUInt32BigEndian(bytes), true)
            : address.IsIPv4MappedToIPv6 ? (BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), true)
            : (BinaryPrimitives.ReadUInt128BigEndian(bytes), false);
    }

    private static string Describe(string[] networks) => "network: " + string.Join(" or ", networks);

    private readonly record struct Block(UInt128 First, UInt128 Mask, bool IsFour)
    {
        public static Block Of(IPNetwork network)
        {
            var (first, isFour) = NumberOf(network.BaseAddress);
            var free = (network.BaseAddress.AddressFamily is AddressFamily.InterNetwork ? 32 : 128) - network.PrefixLength;
            return new(first, free == 128 ? 0 : UInt128.MaxValue << free, isFour);      // a shift by 128 would be one by 0
        }
    }
}
