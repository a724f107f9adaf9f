// SPDX-License-Identifier: BSL-1.0
// Looks at a page whose services stand as this says: node served_page.mjs SERVED FOLDER [TOKEN]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { look } from "./page.mjs";

const [program, folder, token] = process.argv.slice(2);
const served = spawn(program, ["127.0.0.1:0", ...(token ? [token] : [])], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface(served.stdout)[Symbol.asyncIterator]();
const url = (await lines.next()).value;

/** Has it carry out a line, and waits until it has. */
async function say(line) {
  served.stdin.write(`${line}\n`);
  assert.equal((await lines.next()).value, "done", line);
}

try {
  for (const name of ["prices", "orders", "cache", "mirror", "backup"]) {
    await say(`add ${name}`);
    if (name !== "mirror") await say(`connect ${name}`);
  }
  await say("pass 90");
  await say("fail mirror");
  await say("stop backup");
  await say("pass 30");
  await look({ url, name: "cache", folder, token,
    drop: () => say("fail cache"), mend: () => say("connect cache") });
} finally {
  served.stdin.end();
}
const [status] = await once(served, "exit");
assert.equal(status, 0, "it ends in good order");
