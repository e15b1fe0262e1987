/** What the page's modules need of a browser, for tests that have none. To be imported before them. */

class Storage {
    #items = new Map();
    getItem(key) { return this.#items.get(key) ?? null; }
    setItem(key, value) { this.#items.set(key, String(value)); }
    removeItem(key) { this.#items.delete(key); }
    clear() { this.#items.clear(); }
    get length() { return this.#items.size; }
}

export const heard = [];

/** Some versions of Node have some of these, which cannot be assigned. */
function define(name, value) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

define("navigator", { languages: ["en-MY"], onLine: true });
define("localStorage", new Storage());
define("sessionStorage", new Storage());
define("document", {
    documentElement: { lang: "" },
    addEventListener() {},
    dispatchEvent: (event) => heard.push(event.type),
    querySelectorAll: () => [],
});

// Browsers have it since 2023, Node since version 20.
Array.prototype.with ??= function (index, value) {
    const copy = [...this];
    copy[index < 0 ? this.length + index : index] = value;
    return copy;
};
