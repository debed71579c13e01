// What the three programs share: their arguments, JSON lines on standard output, and a small HTTP server on loopback.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { setGlobalConfig } from "@openid4vc/oauth2";

// Everything here runs on loopback; the packages refuse http unless told so.
setGlobalConfig({ allowInsecureUrls: true });

/** Print one event as a line of JSON. */
export function say(event, members = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...members })}\n`);
}

/** Read the command line: `names` maps an option to its default, or to `null` where it must be given. */
export function readOptions(names, { commands = [] } = {}) {
  const options = Object.fromEntries(Object.keys(names).map((name) => [name, { type: "string" }]));
  const { values, positionals } = parseArgs({ options, allowPositionals: commands.length > 0 });
  for (const [name, fallback] of Object.entries(names)) {
    values[name] ??= fallback;
    if (values[name] === null) throw new Error(`expected --${name}`);
  }
  if (commands.length > 0 && !commands.includes(positionals[0]))
    throw new Error(`expected one of ${commands.join(", ")}`);
  return { ...values, command: positionals[0] };
}

export const readText = (path) => readFileSync(path, "utf8");

/** Run a program: what goes wrong ends it with a line of its own and exit code 1. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    say("failed", { error: describe(error) });
    process.exitCode = 1;
  }
}

/** The messages of an error and of its causes, in one text. */
export function describe(error) {
  const texts = [];
  for (let cause = error; cause; cause = cause.cause) {
    texts.push(
      cause.errorResponse ? `${cause.message} ${JSON.stringify(cause.errorResponse)}` : String(cause.message ?? cause),
    );
  }
  return texts.join(" <- ");
}

/** Wallets that are pages read answers of other origins only where those say so. */
const FOR_PAGES = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, content-type, dpop",
  "access-control-expose-headers": "date, dpop-nonce, www-authenticate",
};

/**
 * Serve `routes` ("GET /path" to handler) on a free loopback port. A handler takes a request with `method`, `url`,
 * `headers` (as in fetch) and `body` (text), and returns `{ status, headers, json | text }`.
 */
export async function serve(routes, { host, port }) {
  let origin;
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      method: incoming.method,
      url: `${origin}${incoming.url}`,
      headers: new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks).toString("utf8"),
    };
    if (request.method === "OPTIONS") return outgoing.writeHead(204, FOR_PAGES).end();
    const handler = routes[`${request.method} ${new URL(request.url).pathname}`];
    const {
      status = 200,
      headers = {},
      json,
      text,
    } = handler ? await handler(request) : { status: 404, text: "not found" };
    const type = json === undefined ? "text/plain" : "application/json";
    outgoing.writeHead(status, { "content-type": type, "cache-control": "no-store", ...FOR_PAGES, ...headers });
    outgoing.end(json === undefined ? text : JSON.stringify(json));
  });
  await new Promise((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
  origin = `http://${host}:${server.address().port}`;
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
  return origin;
}
