/**
 * Takes the pictures of the page that the documentation shows.
 *
 *   PYTHON=.venv/bin/python node web/pictures.mjs
 */

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, open, writePages } from "./tests/browser.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../docs/pictures");
const MOST_BYTES = 200 * 1024;

const step = async (page, count) => {
  await page.keyboard.press("Home");
  for (let done = 0; done < count; done++) await page.keyboard.press("ArrowRight");
};

/** What each picture shows: the page, what is done on it, and how it is opened. */
const PICTURES = {
  "explorer-thermometer": ["thermometer", (page) => step(page, 5)],
  "explorer-accumulation": ["meeting", (page) => step(page, 5)],
  "explorer-accumulation-dark": ["meeting", (page) => step(page, 5), { colorScheme: "dark" }],
  "explorer-accumulation-zh": ["chinese", (page) => step(page, 5)],
  "explorer-not-finite": ["not_finite", (page) => page.keyboard.press("n")],
  "explorer-cnn": ["cnn", (page) => step(page, 6)],
  "explorer-rnn-folded": ["rnn", () => {}],
  "explorer-rnn-unfolded": ["rnn", (page) => page.keyboard.press("u")],
};

mkdirSync(folder, { recursive: true });
const pages = writePages();
const browser = await launch();
for (const [name, [source, prepare, options]] of Object.entries(PICTURES)) {
  // Without motion a picture shows the end of every movement.
  const { page } = await open(browser, pages.folder, source, { reducedMotion: "reduce", ...options });
  await prepare(page);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes: ${size}`);
  console.log(`${name}.png  ${(size / 1024).toFixed(0)} KiB`);
  await page.close();
}
await browser.close();
pages.remove();
