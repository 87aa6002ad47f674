/**
 * The pages of `tapegrad.explain` in a real browser.
 *
 *   PYTHON=.venv/bin/python node tests/run.mjs
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, writePages } from "./browser.mjs";

let pages;
let browser;

before(async () => {
  pages = writePages();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  pages?.remove();
});

/** A test on one open page, which must end without anything having been complained about. */
function onPage(description, name, check, options) {
  test(description, async () => {
    const { page, trouble, milliseconds } = await open(browser, pages.folder, name, options);
    await check(page, milliseconds);
    assert.deepEqual(trouble, []);
    await page.close();
  });
}

const text = (page, selector) =>
  page
    .locator(selector)
    .first()
    .evaluate((e) => e.innerText ?? e.textContent);
const count = (page, selector) => page.locator(selector).count();
const position = async (page) => (await text(page, ".count")).split(" / ").map(Number);
const numbersIn = (shown) => shown.match(/-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf)|nan/g) ?? [];

function assertClose(shown, wanted, what) {
  const close =
    typeof wanted === "string" ? shown === wanted : Math.abs(Number(shown) - wanted) <= 6e-4 * Math.abs(wanted) + 1e-12;
  assert.ok(close, `${what}: shown ${shown}, autograd.grad gives ${wanted}`);
}

/** Compares the gradient in the details with what autograd.grad gave: number by number, or the range of a large one. */
async function assertGradient(page, wanted, what) {
  const section = page.locator(".details section.gradient .tensor");
  const shown = numbersIn((await section.locator("p").first().innerText()).replaceAll("−", "-"));
  if (wanted.length <= 12) {
    assert.equal(shown.length, wanted.length, what);
    wanted.forEach((value, index) => assertClose(shown[index], value, what));
    return;
  }
  const facts = (await section.locator("dd").allInnerTexts()).slice(0, 4).map((fact) => fact.replaceAll("−", "-"));
  const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
  assertClose(facts[0], Math.min(...wanted), `${what}, min`);
  assert.ok(Math.abs(Number(facts[1]) - mean) <= 1e-3 * Math.max(...wanted.map(Math.abs)), `${what}, mean`);
  assertClose(facts[2], Math.max(...wanted), `${what}, max`);
}

/** The variable that the details are about, if they are about one. */
async function variable(page) {
  const label = page.locator(".details .label");
  return (await label.count()) > 0 ? label.innerText() : text(page, ".details h2");
}

for (const [name, least] of [
  ["thermometer", 8],
  ["cnn", 15],
  ["rnn", 7],
  ["large", 7],
]) {
  onPage(`${name}: opens in under 3 s with nothing in the console`, name, async (page, milliseconds) => {
    assert.ok(milliseconds < 3000, `${milliseconds} ms`);
    const cards = await count(page, ".card");
    assert.ok(cards >= least && cards <= 80, `${cards} cards`);
  });
}

for (const name of ["thermometer", "meeting", "cnn", "not_finite"]) {
  onPage(`${name}: each step shows the gradient that autograd.grad gives`, name, async (page) => {
    const wanted = pages.expected.gradients[name];
    const [, steps] = await position(page);
    const seen = new Set();
    await page.keyboard.press("Home");
    for (let step = 1; step <= steps; step++) {
      await page.keyboard.press("ArrowRight");
      assert.deepEqual(await position(page), [step, steps]);
      const about = await variable(page);
      if (!(about in wanted)) continue;
      await assertGradient(page, wanted[about], about);
      seen.add(about);
    }
    assert.deepEqual([...seen].sort(), Object.keys(wanted).sort());
  });
}

for (const name of ["rnn", "large"]) {
  onPage(`${name}: the last steps, and search, show the gradients that autograd.grad gives`, name, async (page) => {
    const wanted = pages.expected.gradients[name];
    const parameters = Object.keys(wanted).sort();
    const stepped = [];
    await page.keyboard.press("End");
    for (const _ of parameters) await page.keyboard.press("ArrowLeft");
    for (const _ of parameters) {
      await page.keyboard.press("ArrowRight");
      const about = await variable(page);
      await assertGradient(page, wanted[about], about);
      stepped.push(about);
    }
    assert.deepEqual(stepped.sort(), parameters);
    for (const parameter of parameters) {
      await page.keyboard.press("/");
      await page.keyboard.type(parameter);
      await page.keyboard.press("Enter");
      assert.equal(await text(page, ".details h2"), parameter);
      await assertGradient(page, wanted[parameter], parameter);
    }
  });
}

onPage("gradients that meet are listed and summed, as far as they have come", "meeting", async (page) => {
  await page.locator('.card[aria-label^="mul"]', { hasText: "p =" }).click();
  const rows = page.locator(".additions .row");
  const amounts = (await rows.locator(".amount").allInnerTexts()).map(Number);
  assert.equal(amounts.length, 4);
  const [first, second, third, sum] = amounts;
  assert.ok(Math.abs(first + second + third - sum) < 0.01);
  assert.equal((await rows.locator(".sign").allInnerTexts()).join(""), "++=");

  await page.keyboard.press("Home");
  for (let step = 0; step < 2; step++) await page.keyboard.press("ArrowRight");
  await page.locator('.card[aria-label^="mul"]', { hasText: "p =" }).click();
  assert.equal(await count(page, ".additions .row.pending"), 3);
  assert.match(await text(page, ".card.operation.selected .gradient"), /1 \/ 3/);
  assert.match(await text(page, ".details section.gradient .muted"), /1 of 3 have arrived/);
});

onPage("before the pass no gradient is shown, and stepping back takes gradients away", "meeting", async (page) => {
  await page.keyboard.press("Home");
  assert.equal(await count(page, ".wire.flown"), 0);
  assert.equal(await count(page, ".card.reached"), 0);
  assert.equal(await count(page, ".card .gradient :not(.none)"), 0);
  assert.match(await text(page, ".story"), /no gradient has flowed/);
  await page.keyboard.press("ArrowRight");
  const once = await count(page, ".wire.flown");
  assert.ok(once > 0);
  await page.keyboard.press("ArrowRight");
  assert.ok((await count(page, ".wire.flown")) > once);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await count(page, ".wire.flown"), once);
});

onPage("playing goes through all steps and ends", "meeting", async (page) => {
  await page.selectOption(".speed", "100");
  await page.locator("[data-action=play]").click();
  await page.waitForFunction(() => document.querySelector(".story").textContent.startsWith("Done"));
  const [done, steps] = await position(page);
  assert.equal(done, steps);
  assert.equal(await page.locator(".transport .main").getAttribute("aria-label"), "Play");
});

onPage("search finds names, lines and NaN, and says when there is nothing", "not_finite", async (page) => {
  const search = async (words) => {
    await page.locator(".search input").fill(words);
    return page.locator(".results [role=option] .name").allInnerTexts();
  };
  assert.deepEqual(await search("nan"), ["x"]);
  assert.deepEqual(await search("sqrt"), ["sqrt"]);
  const source = await search("pages.py torch.where");
  assert.deepEqual(source, ["where"]);
  assert.deepEqual(await search("nothing like this"), []);
  assert.match(await text(page, ".results .note"), /Nothing found/);
  await search("nan");
  await page.keyboard.press("Enter");
  assert.equal(await text(page, ".details h2"), "x");
});

onPage("NaN is marked on cards, in the overview and in the details", "not_finite", async (page) => {
  assert.match(await text(page, ".details .alarm"), /Nodes with NaN or Inf: \d+/);
  assert.ok((await count(page, ".badge")) > 0);
  await page.keyboard.press("n");
  assert.match(await text(page, ".details .alarm"), /NaN/);
});

onPage("groups unfold and fold, and a graph of thousands refuses to unfold at once", "large", async (page) => {
  const folded = await count(page, ".card");
  await page.locator(".card.group").first().dblclick();
  const unfolded = await count(page, ".card");
  assert.ok(unfolded > folded, `${folded} → ${unfolded}`);
  await page.keyboard.press("u");
  assert.match(await text(page, ".notice.shown"), /items at once/);
  assert.equal(await count(page, ".card"), unfolded);
  await page.keyboard.press("f");
  assert.ok((await count(page, ".card")) <= folded);
});

for (const name of ["transformer", "rnn"]) {
  onPage(
    `${name}: cards stand apart, and inside or outside of frames, with everything unfolded`,
    name,
    async (page) => {
      await page.keyboard.press("u");
      const wrong = await page.evaluate(() => {
        const boxes = (selector) =>
          [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect());
        const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        const within = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
        const cards = boxes(".card > .body");
        const frames = boxes(".frame > rect");
        const overlapping = cards.filter((a, index) => cards.slice(index + 1).some((b) => !apart(a, b)));
        const crossing = [...cards, ...frames].filter((a) =>
          frames.some((b) => !apart(a, b) && !within(a, b) && !within(b, a)),
        );
        return { cards: cards.length > 50, frames: frames.length > 5, overlapping, crossing };
      });
      assert.deepEqual(wrong, { cards: true, frames: true, overlapping: [], crossing: [] });
    },
  );
}

for (const name of ["meeting", "cnn", "transformer", "rnn"]) {
  onPage(`${name}: no wire runs through a card that it has nothing to do with`, name, async (page) => {
    await page.keyboard.press("u");
    const crossings = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll(".card > .body")].map((body) => body.getBoundingClientRect());
      const ROOM = 4;
      const inside = ({ x, y }) =>
        boxes.findIndex((b) => x > b.left + ROOM && x < b.right - ROOM && y > b.top + ROOM && y < b.bottom - ROOM);
      const found = [];
      for (const path of document.querySelectorAll(".wire:not(.faint) .value")) {
        const length = path.getTotalLength();
        for (let at = 0; at <= length; at += 6) {
          const card = inside(path.getPointAtLength(at).matrixTransform(path.getScreenCTM()));
          if (card >= 0) found.push([path.getAttribute("d"), card]);
        }
      }
      return found;
    });
    assert.deepEqual(crossings, []);
  });
}

onPage("producers stand above what uses them, also where groups are unfolded", "cnn", async (page) => {
  const place = async (name) => (await page.locator(".card", { hasText: name }).first().boundingBox()).y;
  assert.ok((await place("features.0.weight")) < (await place("convolution")));
  assert.ok((await place("convolution")) < (await place("log_softmax")));
  assert.ok((await place("log_softmax")) < (await place("nll_loss")));
});

onPage("a large graph without groups is folded by the order of its steps", "ungrouped", async (page) => {
  assert.ok((await count(page, ".card")) <= 60);
  assert.match(await text(page, ".card.group .title"), /Steps \d+–\d+/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  assert.ok((await count(page, ".card.operation")) >= 20);
});

onPage("names from the model stand in the page as text", "hostile", async (page) => {
  assert.equal(await count(page, "img"), 0);
  assert.equal(await page.locator(".top .title").textContent(), pages.expected.hostile);
  assert.ok((await page.title()).startsWith(pages.expected.hostile));
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".details pre").textContent(), pages.expected.hostile);
  await page.locator(".search input").fill("script");
  assert.ok((await count(page, ".results [role=option]")) > 0);
});

onPage("the language changes everywhere and back", "meeting", async (page) => {
  await page.keyboard.press("ArrowDown");
  await page.locator("[data-action=language]").click();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  const chinese = await page.locator("body").innerText();
  for (const word of ["梯度", "导数", "向下流", "完成", "源代码"]) assert.ok(chinese.includes(word), word);
  for (const word of ["Gradient", "Derivative", "Search", "flow"]) assert.ok(!chinese.includes(word), word);
  await page.locator("[data-action=language]").click();
  assert.ok((await page.locator("body").innerText()).includes("Derivative"));
});

onPage("a page can begin in Chinese", "chinese", async (page) => {
  assert.match(await text(page, ".details"), /概览/);
});

onPage(
  "the browser's language is the language of a page that names none",
  "meeting",
  async (page) => {
    assert.match(await text(page, ".details"), /概览/);
  },
  { locale: "zh-CN" },
);

onPage(
  "light and dark follow the system, and the switch",
  "meeting",
  async (page) => {
    const brightness = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number)[0]);
    assert.ok((await brightness()) < 60);
    await page.locator("[data-action=theme]").click();
    assert.ok((await brightness()) > 200);
    await page.keyboard.press("d");
    assert.ok((await brightness()) < 60);
  },
  { colorScheme: "dark" },
);

onPage("several backward calls are listed, and each is shown", "several", async (page) => {
  const calls = page.locator("select.calls");
  assert.equal(await calls.locator("option").count(), 3);
  const first = await count(page, ".card");
  await calls.selectOption("1");
  assert.notEqual(await count(page, ".card"), first);
  assert.equal((await position(page))[0], (await position(page))[1]);
  await calls.selectOption("2");
  assert.equal(await count(page, ".details .alarm"), 1);
});

onPage("a page without calls says so", "empty", async (page) => {
  assert.match(await text(page, ".details"), /nothing to show/);
  for (const key of [" ", "ArrowRight", "ArrowUp", "n", "0", "u", "f", "Enter"]) await page.keyboard.press(key);
});

onPage("arrow keys walk along the graph, and the focus goes with them", "meeting", async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(), /loss = /);
  await page.keyboard.press("ArrowUp");
  const above = await focused();
  assert.doesNotMatch(above, /loss = /);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /loss = /);
  await page.keyboard.press("Escape");
  assert.equal(await text(page, ".details .kind"), "Overview");
});

onPage("every key of the help is listed, and everything that can be pressed has a name", "rnn", async (page) => {
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog.help").isVisible());
  assert.ok((await count(page, ".help kbd")) >= 20);
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("dialog.help").isVisible()));
  const nameless = await page.evaluate(
    () =>
      [...document.querySelectorAll("button, select, input, [role=button], svg[role=img]")].filter(
        (element) => !element.getAttribute("aria-label") && !element.textContent.trim(),
      ).length,
  );
  assert.equal(nameless, 0);
});

onPage(
  "with reduced motion nothing moves",
  "meeting",
  async (page) => {
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    assert.ok((await count(page, ".wire.sending")) > 0);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  },
  { reducedMotion: "reduce" },
);

onPage("without that wish, gradients are seen to flow", "meeting", async (page) => {
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  assert.ok((await page.evaluate(() => document.getAnimations().length)) > 0);
});

onPage("the wheel zooms at the pointer and dragging moves", "meeting", async (page) => {
  const card = page.locator(".card").first();
  const before = await card.boundingBox();
  const [x, y] = [before.x + before.width / 2, before.y + before.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -300);
  await page.waitForFunction(
    (width) => document.querySelector(".card").getBoundingClientRect().width > width * 1.2,
    before.width,
  );
  const larger = await card.boundingBox();
  assert.ok(Math.abs(larger.x + larger.width / 2 - x) < 4 && Math.abs(larger.y + larger.height / 2 - y) < 4);
  await card.click();
  const selected = await text(page, ".details h2");
  await page.mouse.move(120, 500);
  await page.mouse.down();
  await page.mouse.move(220, 450, { steps: 4 });
  await page.mouse.up();
  const moved = await card.boundingBox();
  assert.ok(Math.abs(moved.x - larger.x - 100) < 4 && Math.abs(moved.y - larger.y + 50) < 4);
  assert.equal(await text(page, ".details h2"), selected);
  assert.notEqual(selected, "loss");
});

onPage(
  "the page fits a narrow window",
  "cnn",
  async (page) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width}`);
    assert.ok(await page.locator("[data-action=forward]").isVisible());
  },
  { viewport: { width: 390, height: 780 } },
);
