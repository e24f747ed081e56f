global using FsCheck;
global using FsCheck.Fluent;
global using Gateway.UnitTests.Support;
global using Microsoft.AspNetCore.Http;
global using Microsoft.Extensions.Time.Testing;
global using Xunit;
