namespace Gateway.Platform;

/// <summary>A file that nobody but this user may read.</summary>
internal static class PrivateFile
{
    /// <exception cref="IOException">It cannot be made; with CreateNew also: it is there.</exception>
    public static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, options);
    }
}
