# Two images: docker build -t gateway .                     and docker build -t demo-backend --target backend .
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0-noble
# "extra" has ICU, without which the gateway refuses to start.
ARG ASPNET=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra

FROM ${SDK} AS sources
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/Gateway/Gateway.csproj src/Gateway/packages.lock.json src/Gateway/
COPY src/DemoBackend/DemoBackend.csproj src/DemoBackend/packages.lock.json src/DemoBackend/
RUN dotnet restore src/Gateway --locked-mode -p:PublishReadyToRun=true
RUN dotnet restore src/DemoBackend --locked-mode
COPY src src

FROM sources AS built-backend
RUN dotnet publish src/DemoBackend -c Release --no-restore -p:UseAppHost=false -o /out/backend

FROM sources AS built-gateway
RUN dotnet publish src/Gateway -c Release --no-restore --use-current-runtime --no-self-contained -p:PublishReadyToRun=true -p:UseAppHost=false -o /out/gateway
RUN mkdir /volume

FROM ${ASPNET} AS backend
COPY --from=built-backend /out/backend /app
ENV ASPNETCORE_URLS=http://*:8080
EXPOSE 8080
USER 1654
ENTRYPOINT ["dotnet", "/app/DemoBackend.dll"]

FROM ${ASPNET} AS gateway
COPY --from=built-gateway /out/gateway /app
COPY --from=built-gateway --chown=1654:1654 /volume /data
# Its configuration is /etc/gateway/appsettings.json. These are defaults below it: variables without the prefix stand above it.
WORKDIR /etc/gateway
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=false \
    ASPNETCORE_URLS=http://*:8080 \
    ASPNETCORE_Gateway__Management__Url=http://*:8090 \
    ASPNETCORE_Gateway__Database__ConnectionString="Data Source=/data/gateway.db"
VOLUME /data
EXPOSE 8080 8090
USER 1654
STOPSIGNAL SIGTERM
# Is it alive, not is it ready: whoever restarts what is unhealthy must not restart all gateways because the database is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["dotnet", "/app/Gateway.dll", "health", "--live"]
ENTRYPOINT ["dotnet", "/app/Gateway.dll"]
