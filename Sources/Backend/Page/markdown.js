import { element } from "./elements.js";
import { markdownElements, plainText } from "./markdown-elements.js";
import { hasMarkdownParser, loadMarkdownParser } from "./markdown-parser.js";
import { markdownTokens, normalizeMarkdown, parsableLength } from "./markdown-tokens.js";

/** Shows Markdown that others wrote: whole texts, and texts that are still being written. */

/**
 * @param {string} markdown
 * @returns {DocumentFragment}
 */
export function renderMarkdown(markdown) {
    const text = normalizeMarkdown(markdown);
    const end = parsableLength(text);
    const fragment = elementsOrText(text.slice(0, end));
    if (end < text.length) fragment.append(plainText(text.slice(end)));
    return fragment;
}

/** @param {string} text @returns {DocumentFragment} */
function elementsOrText(text) {
    const fragment = document.createDocumentFragment();
    const tokens = markdownTokens(text);
    fragment.append(tokens ? markdownElements(tokens) : plainText(text));
    return fragment;
}

/**
 * Shows Markdown while it is being written. Blocks that are complete are made once; only the last one is made again,
 * at most once a frame, and less often where that takes long.
 */
export class StreamedMarkdown {
    /** How much of the text is complete blocks, whose elements stay. */
    #completeLength = 0;
    #text = "";
    #tail = element("div", { class: "markdown-tail" });
    #timer = 0;
    #frame = 0;
    #pause = 0;

    #around;

    /** @param {(change: () => void) => void} [around] Makes a change to the elements, such as without moving the page. */
    constructor(around = (change) => change()) {
        this.#around = around;
        this.element = element("div", { class: "markdown" }, this.#tail);
    }

    /** @param {string} text All of it so far. */
    update(text) {
        if (text === this.#text) return;
        this.#text = text;
        if (this.#frame || this.#timer) return;
        this.#timer = setTimeout(() => {
            this.#timer = 0;
            this.#frame = requestAnimationFrame(() => {
                this.#frame = 0;
                const begin = performance.now();
                this.#around(() => this.#draw());
                // At most a quarter of the time is spent here, with the layout that the browser does.
                this.#pause = Math.min(3 * (performance.now() - begin), 1000);
            });
        }, this.#pause);
    }

    /** Makes all of it again, now that it is complete: a link's address may be defined at the end of the text. */
    finish(text) {
        this.stop();
        this.#text = text;
        this.element.replaceChildren(renderMarkdown(text));
        if (hasMarkdownParser()) return;
        void loadMarkdownParser().then(() => {
            if (text === this.#text) this.#around(() => this.element.replaceChildren(renderMarkdown(text)));
        });
    }

    stop() {
        clearTimeout(this.#timer);
        cancelAnimationFrame(this.#frame);
        this.#timer = 0;
        this.#frame = 0;
    }

    #draw() {
        const text = normalizeMarkdown(this.#text).slice(this.#completeLength);
        const tokens = parsableLength(text) < text.length ? null : markdownTokens(text);
        if (!tokens) return this.#tail.replaceChildren(plainText(text));
        const complete = completeBlocks(tokens, text);
        this.#tail.before(markdownElements(complete));
        this.#completeLength += complete.reduce((length, { raw }) => length + raw.length, 0);
        this.#tail.replaceChildren(markdownElements(tokens.slice(complete.length)));
    }
}

/**
 * The tokens before the last block, which can still change.
 * @param {import("./markdown-tokens.js").Token[]} tokens
 * @param {string} text What they were made of.
 */
function completeBlocks(tokens, text) {
    const last = tokens.findLastIndex(({ type }) => type !== "space");
    let length = 0;
    // The text is cut where the tokens end, so what isn't found in it again isn't complete.
    const firstMissing = tokens.findIndex(({ raw }) => {
        const isFound = text.startsWith(raw, length);
        length += raw.length;
        return !isFound;
    });
    return tokens.slice(0, Math.max(firstMissing < 0 ? last : Math.min(last, firstMissing), 0));
}
