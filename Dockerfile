# Weir as it runs: no tools of development, no tests. docker build -t weir .
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /weir
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production TZ=UTC
WORKDIR /weir
COPY --from=dependencies /weir/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY config config
COPY migrations migrations
COPY operators operators
COPY pipelines pipelines
COPY src src
USER node
EXPOSE 9464
STOPSIGNAL SIGTERM
# Red only when something has work and makes no progress, never because a dependency is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The script becomes `node … src/main.ts` as process 1 itself, with the options of bin/nodeOptions.js (NODE_OPTIONS refuses one of
# them): nobody stands between Weir and its signals. A first SIGTERM drains.
ENTRYPOINT ["node", "bin/weir.js"]
CMD ["run"]
