using Gateway.Routes.Limits;
using Microsoft.AspNetCore.Http;

namespace Gateway.UnitTests.Routes.Limits;

public sealed class DeadlineTests
{
    [Fact]
    public async Task Whoever_hears_that_the_time_is_over_finds_that_noted()
    {
        var http = new DefaultHttpContext();
        using var deadline = Deadline.Of(http, TimeSpan.FromMilliseconds(50));
        var heard = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        http.RequestAborted.UnsafeRegister(_ => heard.TrySetResult(deadline.HasRunOut), null);

        Assert.True(await heard.Task);
    }
}
