/**
 * Builds the page's program: everything in src/, with the packages it needs, as one file.
 *
 *   node build.mjs           writes ../src/tapegrad/explain/page/explorer.js
 *   node build.mjs --check   compares instead, and fails if the file is not what the sources give
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../src/tapegrad/explain/page/explorer.js");

/** The packages whose code ends up in the file, and those that they are themselves built from, by name. */
function packagesOf(metafile) {
  const names = new Set();
  const add = (name) => {
    if (names.has(name)) return;
    names.add(name);
    Object.keys(packageOf(name).dependencies ?? {}).forEach(add);
  };
  for (const path of Object.keys(metafile.inputs)) {
    const name = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
    if (name !== undefined) add(name);
  }
  return [...names].sort();
}

function packageOf(name) {
  return JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));
}

function notice(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = packageOf(name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}`;
}

/** What the file is made from; tests compare it without any of the tools here. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const name of readdirSync(join(here, "src")).sort()) hash.update(readFileSync(join(here, "src", name)));
  for (const name of ["build.mjs", "package-lock.json", "tsconfig.json"]) hash.update(readFileSync(join(here, name)));
  return hash.digest("hex");
}

const result = await build({
  entryPoints: [join(here, "src/main.ts")],
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: "es2022",
  loader: { ".css": "text" },
  legalComments: "none",
  metafile: true,
  write: false,
});
const notices = packagesOf(result.metafile).map(notice);
const header = [
  "Built by web/build.mjs from the sources beside it; do not edit.",
  `Sources: sha256 ${fingerprint()}`,
  "",
  "It contains these packages:",
  "",
  notices.join("\n\n"),
].join("\n");
const text = `/*!\n${header.replaceAll("*/", "* /")}\n*/\n${result.outputFiles[0].text}`;
if (/<\/script|<!--/i.test(text)) throw new Error("the program would end the element it stands in");

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("explorer.js is not what its sources give: run `node build.mjs` in web/");
    process.exit(1);
  }
  console.log("explorer.js is current");
} else {
  writeFileSync(target, text);
  console.log(`explorer.js: ${(Buffer.byteLength(text) / 1024).toFixed(0)} KiB`);
}
