#!/usr/bin/env bash
# Makes dist/pocketmq, one executable, with npx alone. Deno bundles (it reads the import map), Bun compiles.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p dist
# Identifiers stay as they are, so that the stack of a fault can be read.
npx -y deno@2.9.6 bundle --quiet --platform=deno --external bun:sqlite -o dist/pocketmq.mjs main.ts
npx -y bun@1.4.5 build --compile --bytecode --minify-syntax --minify-whitespace --target=bun \
  --outfile dist/pocketmq dist/pocketmq.mjs
printf 'dist/pocketmq: %s MB\n' "$(($(wc -c <dist/pocketmq) / 1000000))"
