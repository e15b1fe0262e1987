import { nodes } from "./dom.js";

/** The browser APIs that the page's modules need, for tests without a browser. Import it before the modules. */

class Storage {
    #items = new Map();
    getItem(key) { return this.#items.get(key) ?? null; }
    setItem(key, value) { this.#items.set(key, String(value)); }
    removeItem(key) { this.#items.delete(key); }
    clear() { this.#items.clear(); }
    get length() { return this.#items.size; }
}

export const heard = [];

/** Some versions of Node define some of these globals, and they can't be assigned. */
function define(name, value) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

define("navigator", { languages: ["en-MY"], onLine: true });
define("localStorage", new Storage());
define("sessionStorage", new Storage());
define("window", globalThis);
define("document", {
    ...nodes,
    documentElement: { lang: "" },
    addEventListener() {},
    dispatchEvent: (event) => heard.push(event.type),
    querySelectorAll: () => [],
});

// Available in browsers since 2023, and in Node since version 20.
Array.prototype.with ??= function (index, value) {
    const copy = [...this];
    copy[index < 0 ? this.length + index : index] = value;
    return copy;
};

const frames = new Map();
define("requestAnimationFrame", (callback) => frames.set(frames.size + 1, callback).size);
define("cancelAnimationFrame", (frame) => frames.delete(frame));

/** Waits until something asks for the next frame, and lets it have it. */
export async function nextFrame() {
    for (let tries = 0; !frames.size; tries += 1) {
        if (tries > 1000) throw new Error("Nothing asks for a frame.");
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const callbacks = [...frames.values()];
    frames.clear();
    for (const callback of callbacks) callback();
}
