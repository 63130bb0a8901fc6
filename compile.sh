#!/usr/bin/env bash
# Makes dist/pocketmq, one executable, with npx alone. Deno bundles (it reads the import map), Bun compiles.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p dist
# Identifiers stay as they are, so that the stack of a fault can be read.
bundle() { npx -y deno@2.9.6 bundle --quiet --platform=deno --external bun:sqlite -o "dist/$1" "$2"; }
bundle pocketmq.mjs main.ts
# A worker's program of its own: it is looked for beside the first, in the executable as well, where
# a URL that is compiled ahead would else be this very directory's.
bundle sqlite_worker.ts lib/port/sqlite_worker.ts
npx -y bun@1.4.5 build --compile --bytecode --minify-syntax --minify-whitespace --target=bun \
  --define 'import.meta.url="file:///$bunfs/root/pocketmq"' \
  --outfile dist/pocketmq dist/pocketmq.mjs dist/sqlite_worker.ts
# What it was made of is inside: nothing may look for it beside the executable.
rm dist/pocketmq.mjs dist/sqlite_worker.ts
printf 'dist/pocketmq: %s MB\n' "$(($(wc -c <dist/pocketmq) / 1000000))"
