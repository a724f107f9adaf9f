// SPDX-License-Identifier: BSL-1.0
// Looks at a status page with a real browser: a service drops and comes back before its eyes.
//
//   node page.mjs URL NAME DROP MEND FOLDER [TOKEN]
//
// NAME is a service that is connected; the shell commands DROP and MEND have it lose its connection
// and get another. Pictures are left in FOLDER. HOLDFAST_NODE_MODULES says where playwright-core is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(join(process.env.HOLDFAST_NODE_MODULES, "playwright-core", "package.json"));
const { chromium } = require("playwright-core");
const patience = 20_000; // milliseconds, for each thing that is waited for

/** Everything the browser complains of, and every request that leaves the page's own origin. */
function complaints_of(page, url) {
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`not caught: ${error}`));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asks ${request.url()}`);
  });
  return complaints;
}

/** Throws what is wrong with the page at `url`. `drop` and `mend` are functions. */
export async function look({ url, name, drop, mend, folder, token }) {
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.HOLDFAST_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const seen_by = async (options) => {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 900 },
      httpCredentials: token ? { username: "anybody", password: token } : undefined,
      ...options,
    });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    return { page, complaints: complaints_of(page, url) };
  };
  try {
    const { page, complaints } = await seen_by({ colorScheme: "light" });
    await page.addInitScript(() => addEventListener("securitypolicyviolation",
      (event) => console.error(`the policy forbids ${event.violatedDirective} ${event.blockedURI}`)));
    const row_in = (standing) => page.locator(`section[data-standing="${standing}"] [data-name="${name}"]`);
    await page.goto(url);
    await page.locator("#live", { hasText: "Live" }).waitFor();
    await row_in("connected").waitFor();

    // It drops and comes back, and the page tells it by itself.
    await drop();
    await row_in("trying").waitFor();
    assert.match(await row_in("trying").locator('[data-field="trouble"]').innerText(), /\(in \w+\)/);
    assert.match(await page.title(), /not connected/);
    await page.screenshot({ path: join(folder, "dropped.png") });
    const below = await row_in("trying").locator("path.below").getAttribute("d");
    assert.match(below, /^M/, "the timeline shows it");
    await mend();
    await row_in("connected").waitFor();
    assert.equal(await row_in("connected").locator('[data-field="state"]').innerText(), "connected");

    // What is told while all is being asked for is newer.
    await page.route("**/api/services", async (route) => {
      const response = await route.fetch();
      await drop();
      await route.fulfill({ response });
    }, { times: 1 });
    await page.reload();
    await row_in("trying").waitFor();
    await mend();
    await row_in("connected").waitFor();

    // By keyboard alone.
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "filter");
    await page.keyboard.type(name);
    await page.locator("#found", { hasText: "shown" }).waitFor();
    const shown = await page.locator(".service:visible").evaluateAll(
      (rows) => rows.map((row) => row.textContent.toLowerCase()));
    assert.ok(shown.length >= 1 && shown.every((text) => text.includes(name.toLowerCase())));
    await page.keyboard.type(" certainly-not-there");
    assert.equal(await page.locator(".service:visible").count(), 0);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".service:visible").count(), await page.locator("main .service").count());
    for (let presses = 0; presses < 200; ++presses) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => document.activeElement.closest("[data-name]")?.dataset.name);
      if (at === name) break;
    }
    await page.keyboard.press("Enter");
    await row_in("connected").locator("table").waitFor();
    assert.ok(await row_in("connected").evaluate((row) => row.open), "Enter opens the one in focus");
    await page.screenshot({ path: join(folder, "light.png") });
    assert.deepEqual(complaints, []);

    for (const [picture, options] of Object.entries({
      dark: { colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    })) {
      const other = await seen_by(options);
      await other.page.goto(url);
      await other.page.locator("#live", { hasText: "Live" }).waitFor();
      const sideways = await other.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(sideways <= 0, `${picture}: it has to be scrolled sideways`);
      await other.page.screenshot({ path: join(folder, `${picture}.png`) });
      assert.deepEqual(other.complaints, []);
    }

    // Without its script it is a page all the same.
    const still = await seen_by({ javaScriptEnabled: false });
    await still.page.goto(url);
    await still.page.locator(`[data-name="${name}"] .timeline path.above`).waitFor({ state: "attached" });
    await still.page.locator(`[data-name="${name}"] summary`).click();
    assert.ok(await still.page.locator(`[data-name="${name}"] dl`).isVisible());
    assert.ok(!await still.page.locator("#search").isVisible(), "a filter that does nothing");
    await still.page.screenshot({ path: join(folder, "still.png") });
  } finally {
    await browser.close();
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [url, name, drop, mend, folder, token] = process.argv.slice(2);
  const run = (command) => () => execFileSync("/bin/sh", ["-c", command], { stdio: "inherit", timeout: patience });
  await look({ url, name, drop: run(drop), mend: run(mend), folder, token });
}
