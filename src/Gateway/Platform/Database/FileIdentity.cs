using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Platform.Database;

/// <summary>Which file is it, whatever it is called? .NET does not tell, so the kernel is asked (statx(2)); elsewhere than on Linux nobody knows.</summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const int RelativeToWorkingDirectory = -100, FollowLinks = 0, BufferBytes = 256;
    private const uint NamesAndInode = 0x0004 | 0x0100;

    /// <param name="path">Links are followed.</param>
    /// <param name="names">How many hard links lead to it.</param>
    /// <returns>Null: there is no such file, or nobody knows.</returns>
    public static FileIdentity? Of(string path, out uint names)
    {
        var buffer = new byte[BufferBytes];
        names = 0;
        if (!OperatingSystem.IsLinux() || Statx(RelativeToWorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), FollowLinks, NamesAndInode, buffer) != 0)
            return null;

        names = Number(16);
        return new(Number(136), Number(140), BitConverter.ToUInt64(buffer, 32));

        uint Number(int offset) => BitConverter.ToUInt32(buffer, offset);
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] buffer);
}
