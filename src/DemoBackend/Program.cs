using DemoBackend;

const string page = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <title>Demo shop</title>
    <h1>Demo shop</h1>
    <p>An ordinary service. It has no idea who you are: whatever stands in front of it decides that.</p>
    <ul>
      <li><a href="/orders">orders</a>
      <li><a href="/admin/reports">the admin's report</a>
      <li><a href="/echo">what your request looked like</a>
      <li><a href="/events">a tick each second</a>
    </ul>
    </html>
    """;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddSingleton<Orders>();
builder.Services.AddValidation();
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.WriteIndented = true);
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));   // open streams do not hold up the stop

var app = builder.Build();

app.UseWebSockets();

app.MapGet("/", () => TypedResults.Content(page, "text/html; charset=utf-8"));
app.MapOrders();
app.MapEcho();
app.MapStreams();

app.Run();
