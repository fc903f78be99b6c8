# syntax=docker/dockerfile:1

# 1. Everything that compiling needs; nothing of it but dist/ goes further.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY tools/ tools/
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src/ src/
RUN npm run build

# 2. The image: the program, which holds what it depends on, and a user without rights.
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/dist/ dist/
COPY package.json README.md LICENSE CHANGELOG.md ./
COPY schema/ schema/
RUN ln -s /app/dist/bin/storydredge-backup.js /usr/local/bin/storydredge-backup \
    && mkdir /data && chown node:node /data
USER node
# Config file, logs and checkpoint: mount a volume here to keep them.
WORKDIR /data
ENTRYPOINT ["storydredge-backup"]
