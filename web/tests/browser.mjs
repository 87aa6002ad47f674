/** Pages made by pages.py, opened in a Chromium of the system's own (CHROMIUM names another). */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Writes the pages with the Python of PYTHON, which has tapegrad. */
export function writePages() {
  const folder = mkdtempSync(join(tmpdir(), "explorer-"));
  execFileSync(process.env.PYTHON ?? "python3", [join(here, "pages.py"), folder], { stdio: "inherit" });
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  return { folder, expected, remove: () => rmSync(folder, { recursive: true }) };
}

export async function launch() {
  const known = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = known.find((path) => path && existsSync(path));
  if (executablePath === undefined)
    throw new Error("no Chromium: install Debian's package `chromium`, or set CHROMIUM");
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a page and waits until it is drawn; `trouble` gathers console errors and requests for anything else. */
export async function open(browser, folder, name, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-US", ...options });
  const trouble = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(String(error)));
  const url = `file://${join(folder, `${name}.html`)}`;
  page.on("request", (request) => {
    if (request.url() !== url) trouble.push(`asked for ${request.url()}`);
  });
  const start = performance.now();
  await page.goto(url);
  await page.waitForSelector("body[data-ready]");
  return { page, trouble, milliseconds: performance.now() - start };
}
