namespace Gateway.UnitTests;
public class SmokeTests { [Xunit.Fact] public void Ok() => Xunit.Assert.True(1 + 1 == 2); }
