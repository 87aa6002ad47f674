/** Reads the model that stands in the page and opens the page on it. */

import { App } from "./app";
import { h } from "./dom";
import type { Document } from "./model";
import style from "./style.css";

const model = JSON.parse(document.getElementById("model")?.textContent ?? "null") as Document;
const asked = document.documentElement.lang || navigator.language;
document.head.append(h("style", {}, style));
new App(model, asked.startsWith("zh") ? "zh" : "en", document.body);
document.body.dataset.ready = "true";
