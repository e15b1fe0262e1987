import { element } from "./elements.js";

/** Loads marked, the parser of Markdown, when there is a text for it: a page without messages needs none. */

/** @type {Promise<void> | null} */
let loading = null;

export function hasMarkdownParser() {
    return window.marked !== undefined;
}

/** Resolved once the parser is there, or can't be loaded: then texts stay as they are. @returns {Promise<void>} */
export function loadMarkdownParser() {
    return loading ??= new Promise((resolve) => {
        if (hasMarkdownParser()) return resolve();
        /** @type {HTMLMetaElement | null} */
        const address = document.querySelector("meta[name=markdown-parser]");
        const script = element("script", { src: address.content });
        script.addEventListener("load", () => resolve());
        script.addEventListener("error", () => {
            script.remove();
            // The next text tries again.
            loading = null;
            resolve();
        });
        document.head.append(script);
    });
}
