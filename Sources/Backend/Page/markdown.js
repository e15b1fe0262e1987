import { element, freshID } from "./elements.js";
import { t } from "./i18n.js";

/**
 * Makes Markdown that others wrote into elements that can do no harm: markup in it is shown as text, pictures become
 * links, links go only to the web and to mail, and what was made is cleaned once more by an allow-list.
 */

/** More than this is shown as plain text: no one reads it, and every character costs time. */
const longestText = 100_000;
const mostLines = 4000;
/** No line that a person wrote is longer; longer ones take the parser's time without end. */
const longestLine = 20_000;
const deepestNesting = 24;
/** So many signs that mean something are in no paragraph that a person wrote; the parser pairs each with each. */
const mostSigns = 400;
/** How long the paragraphs of one text may take altogether, in milliseconds. */
const patience = 400;

const allowed = {
    ALLOWED_TAGS: [
        "a", "p", "br", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "del", "code", "pre",
        "blockquote", "hr", "table", "thead", "tbody", "tr", "th", "td",
    ],
    ALLOWED_ATTR: ["href", "title", "start", "align", "data-language"],
    // Their values are no addresses.
    ADD_URI_SAFE_ATTR: ["start", "align", "data-language"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    RETURN_DOM_FRAGMENT: true,
};

/** @type {{lexer: Function, parser: Function, options: object} | null} */
let machine = null;

/** The libraries are there only once the document is, so it is made when it is first needed. */
function markdown() {
    if (machine) return machine;
    const { Lexer, Parser, Renderer, Tokenizer, defaults } = window.marked;

    class PatientLexer extends Lexer {
        #end = performance.now() + patience;

        /** What would take too long is text. */
        inlineTokens(source, tokens = []) {
            const signs = source.match(/[*_`[\]~<&!\\]/g)?.length ?? 0;
            if (signs <= mostSigns && performance.now() < this.#end) return super.inlineTokens(source, tokens);
            tokens.push({ type: "text", raw: source, text: escaped(source) });
            return tokens;
        }
    }

    class TextTokenizer extends Tokenizer {
        /** Markup is text like any other. */
        html() {}
        tag() {}
        /** One tilde means "about" more often than "no longer". */
        del(source) {
            return source.startsWith("~~") ? super.del(source) : undefined;
        }
    }

    class SafeRenderer extends Renderer {
        html(html) {
            return escaped(html);
        }
        heading(text, level) {
            // The chat's own title stands above those of a message.
            const tag = `h${Math.min(level + 1, 6)}`;
            return `<${tag}>${text}</${tag}>\n`;
        }
        image(href, title, text) {
            return super.link(href, title, t("run.markdown.picture", { name: escaped(text || href) }));
        }
        code(text, info) {
            const language = /^[\w+#.-]{1,30}/.exec(info ?? "")?.[0] ?? "";
            return `<pre data-language="${escaped(language)}"><code>${escaped(text)}</code></pre>\n`;
        }
        checkbox(isChecked) {
            return isChecked ? "☑ " : "☐ ";
        }
    }

    const options = {
        ...defaults, gfm: true, breaks: true, headerIds: false, mangle: false, tokenizer: new TextTokenizer(),
        renderer: new SafeRenderer(),
    };
    machine = {
        options,
        lexer: (text) => new (/** @type {any} */ (PatientLexer))(options).lex(text),
        parser: (tokens) => Parser.parse(tokens, options),
    };
    return machine;
}

/** @param {string} text */
function escaped(text) {
    return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function renderMarkdown(text) {
    const end = readableLength(text);
    const fragment = rendered(text.slice(0, end)) ?? plain(text.slice(0, end));
    if (end < text.length) fragment.append(plain(text.slice(end)));
    return fragment;
}

function readableLength(text) {
    const end = text.length <= longestText
        ? text.length : Math.max(text.lastIndexOf("\n", longestText), longestText / 2);
    let place = -1;
    for (let line = 0; line < mostLines; line += 1) {
        place = text.indexOf("\n", place + 1);
        if (place < 0 || place >= end) return end;
    }
    return place;
}

/** `null` where the text is such that the parser might not end. */
function rendered(text) {
    if (isTooHard(text)) return null;
    try {
        const { lexer, parser } = markdown();
        return cleaned(parser(lexer(text)));
    } catch (error) {
        // Markdown can be nested deeper than the stack is. Anything else is a fault, and plain text is safe still.
        if (!(error instanceof RangeError)) console.error(error);
        return null;
    }
}

function isTooHard(text) {
    return text.split("\n").some((line) => {
        const depth = /^[\s>*+-]*/.exec(line)[0].replace(/\s+/g, "").length;
        return line.length > longestLine || (depth > deepestNesting && /[^\s*_-]/.test(line));
    });
}

/** @param {string} text */
function plain(text) {
    const fragment = document.createDocumentFragment();
    fragment.append(element("div", { class: "plain-text" }, text));
    return fragment;
}

function cleaned(html) {
    // The security update of DOMPurify in Debian 12 (2.4.1, deb12u1) reads a variable that it does not declare, and
    // fails on all markup. This stands for a depth that is allowed; the depths of the elements are checked as ever.
    window.shadowNode ??= { __depth: 1 };
    /** @type {DocumentFragment} */
    const fragment = window.DOMPurify.sanitize(html, allowed);
    for (const link of fragment.querySelectorAll("a")) finishLink(link);
    for (const block of fragment.querySelectorAll("pre")) finishCode(block);
    for (const table of fragment.querySelectorAll("table")) {
        const box = element("div", { class: "table-box", tabindex: 0, role: "group", "aria-label": t("run.table") });
        table.replaceWith(box);
        box.append(table);
    }
    return fragment;
}

/** @param {HTMLAnchorElement} link */
function finishLink(link) {
    const address = link.getAttribute("href");
    if (!address) return link.replaceWith(...link.childNodes);
    link.rel = "noopener noreferrer nofollow";
    link.target = "_blank";
    // The text of a link is its writer's; where it leads is the address's.
    link.title = address;
}

/** Gives a block of code a head with its language and a copy button; RunView does the copying. */
function finishCode(block) {
    const language = block.dataset.language;
    const id = freshID("code");
    block.id = id;
    block.tabIndex = 0;
    const box = element(
        "div", { class: "code-block" },
        element(
            "div", { class: "code-head" }, element("span", {}, language || t("run.code")),
            element(
                "button", { class: "quiet-button", type: "button", data: { copies: id } }, t("run.copyCode"))));
    block.replaceWith(box);
    box.append(block);
}

/**
 * Shows Markdown while it is being written. Blocks that are complete are made once; only the last one is made again,
 * at most once a frame, and less often where that takes long.
 */
export class StreamedMarkdown {
    /** What of the text is made into elements for good, by its length. */
    #done = 0;
    #text = "";
    #tail = element("div", { class: "markdown-tail" });
    #timer = 0;
    #frame = 0;
    #pause = 0;

    #around;

    /** @param {(change: () => void) => void} [around] What is done around a change, such as keeping the place. */
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
                // At most a quarter of the time is spent here, with what the browser does to lay it out.
                this.#pause = Math.min(3 * (performance.now() - begin), 1000);
            });
        }, this.#pause);
    }

    /** Makes all of it anew, now that it is complete: a link's address may stand at the end of the text. */
    finish(text) {
        this.stop();
        this.element.replaceChildren(renderMarkdown(text));
    }

    stop() {
        clearTimeout(this.#timer);
        cancelAnimationFrame(this.#frame);
        this.#timer = 0;
        this.#frame = 0;
    }

    #draw() {
        const rest = this.#text.slice(this.#done);
        if (readableLength(rest) < rest.length || isTooHard(rest)) {
            this.#tail.replaceChildren(plain(rest));
        } else {
            this.#drawBlocks(rest);
        }
    }

    #drawBlocks(rest) {
        const { lexer } = markdown();
        let complete = 0;
        try {
            const tokens = lexer(rest);
            const last = tokens.findLastIndex((token) => token.type !== "space");
            complete = tokens.slice(0, Math.max(last, 0)).reduce((sum, token) => sum + token.raw.length, 0);
        } catch {
            return this.#tail.replaceChildren(plain(rest));
        }
        // The parser counts in its own spelling of tabs and line ends; where that differs nothing is settled.
        if (/[\t\r]/.test(rest.slice(0, complete))) complete = 0;
        if (complete > 0) {
            this.#tail.before(renderMarkdown(rest.slice(0, complete)));
            this.#done += complete;
        }
        this.#tail.replaceChildren(renderMarkdown(rest.slice(complete)));
    }
}
