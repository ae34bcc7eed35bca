# The image of a desk: production dependencies and sources, run as they are, by a user without rights. No compiler: all native parts come built.
FROM node:22.23.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:22.23.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
USER node
EXPOSE 4000
# What `npm start` runs, without a shell or npm between the desk and its signals.
CMD ["node", "--max-semi-space-size=64", "--import", "./server/typescript.mjs", "server/main.ts"]
