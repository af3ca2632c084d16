# The image that tools/image/main.ts builds without a container engine (`make image`), by the same program.
FROM node:26-trixie-slim AS build
# Node.js needs it, and so does the image.
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY LICENSE tsconfig.json ./
COPY src ./src
COPY tools/image ./tools/image
RUN node_modules/.bin/node tools/image/main.ts --root /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENV PATH=/usr/bin
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ENV NODE_USE_SYSTEM_CA=1
ENV NODE_ENV=production
WORKDIR /
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=4", "--disable-warning=DEP0040", "/opt/otel-allocator/lib/js/main.js"]
CMD ["help"]
