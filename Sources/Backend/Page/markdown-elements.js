import { decodeCharacterReferences } from "./character-references.js";
import { element, freshID } from "./elements.js";
import { t } from "./i18n.js";

/**
 * Makes elements of Markdown's tokens. What others wrote can do no harm in them: there is no HTML, each element is one of
 * those below, text is always text, and links lead only to the web and to mail.
 *
 * @typedef {import("./markdown-tokens.js").Token} Token
 * @typedef {(Node | string)[]} Content
 */

const allowedAddress = /^(?:https?:\/\/|mailto:)/i;
/** The chat's own title stands above the headings of a message. */
const headings = /** @type {const} */ (["h2", "h3", "h4", "h5", "h6", "h6"]);

/** @param {Token[]} tokens @returns {DocumentFragment} */
export function markdownElements(tokens) {
    const fragment = document.createDocumentFragment();
    fragment.append(...blocks(tokens));
    return fragment;
}

/**
 * Text as it is, with its line ends.
 * @param {string} text
 */
export function plainText(text) {
    return element("div", { class: "plain-text", dir: "auto" }, text);
}

/**
 * @param {Token[]} tokens
 * @param {boolean} [isLoose] Whether text that is no paragraph becomes one.
 * @returns {Content}
 */
function blocks(tokens, isLoose = true) {
    return tokens.flatMap((token) => {
        if (token.type === "text" && !isLoose) return inline(token.tokens ?? [token]);
        return block(token) ?? [];
    });
}

/** @param {Token} token @returns {Node | null} */
function block(token) {
    switch (token.type) {
    case "space":
    case "def": return null;
    case "hr": return element("hr");
    case "heading": return element(headings[token.depth - 1] ?? "h6", { dir: "auto" }, ...inline(token.tokens));
    case "code": return codeBlock(token);
    case "table": return table(token);
    case "blockquote": return element("blockquote", { dir: "auto" }, ...blocks(token.tokens));
    case "list": return list(token);
    case "paragraph":
    case "text": return element("p", { dir: "auto" }, ...inline(token.tokens ?? [token]));
    default: return plainText(token.raw);
    }
}

/**
 * @param {Token[]} tokens
 * @param {boolean} [isInLink] There are no links in a link.
 * @returns {Content}
 */
function inline(tokens, isInLink = false) {
    return tokens.flatMap((token) => inlineContent(token, isInLink));
}

/** @param {Token} token @param {boolean} isInLink @returns {Content | Node | string} */
function inlineContent(token, isInLink) {
    switch (token.type) {
    case "text": return decodeCharacterReferences(token.raw);
    case "escape": return token.raw.slice(1);
    case "br": return element("br");
    case "codespan": return element("code", {}, codeOf(token.raw));
    case "strong": return element("strong", {}, ...inline(token.tokens, isInLink));
    case "em": return element("em", {}, ...inline(token.tokens, isInLink));
    case "del": return element("del", {}, ...inline(token.tokens, isInLink));
    case "link": return link(token, isInLink, (isLink) => inline(token.tokens, isInLink || isLink));
    // A picture would be loaded from wherever it is, and tell there who reads this and when.
    case "image": {
        const name = decodeCharacterReferences(token.text || token.href);
        return link(token, isInLink, () => [t("run.markdown.picture", { name })]);
    }
    default: return token.raw;
    }
}

/**
 * @param {Token} token
 * @param {boolean} isInLink
 * @param {(isLink: boolean) => Content} makeLabel
 * @returns {Content | Node} The label alone where the address isn't allowed.
 */
function link(token, isInLink, makeLabel) {
    const address = isInLink ? null : linkAddress(token.href);
    if (!address) return makeLabel(false);
    // The label is its writer's, so the title says where the link leads.
    return element(
        "a", { href: address, title: address, rel: "noopener noreferrer nofollow", target: "_blank" },
        ...makeLabel(true));
}

/** @param {string} href @returns {string | null} */
function linkAddress(href) {
    try {
        const address = encodeURI(decodeCharacterReferences(href)).replaceAll("%25", "%");
        return allowedAddress.test(address) ? address : null;
    } catch {
        // It has half of a surrogate pair in it.
        return null;
    }
}

/**
 * The text of a code span; marked has it only with its `<` and `&` escaped for HTML.
 * @param {string} raw
 */
function codeOf(raw) {
    const text = raw.replace(/^(`+)([^]*)\1$/, "$2").replaceAll("\n", " ");
    return /^ .*[^ ].* $/.test(text) ? text.slice(1, -1) : text;
}

/**
 * A block of code has a head with its language and a button to copy it; RunView does the copying.
 * @param {Token} token
 */
function codeBlock({ text, lang }) {
    const language = /^[\w+#.-]{1,30}/.exec(lang ?? "")?.[0] ?? "";
    const id = freshID("code");
    return element(
        "div", { class: "code-block" },
        element(
            "div", { class: "code-head" }, element("span", {}, language || t("run.code")),
            element("button", { class: "quiet-button", type: "button", data: { copies: id } }, t("run.copyCode"))),
        element("pre", { id, tabindex: 0, data: { language } }, element("code", {}, text)));
}

/**
 * A table can be wider than the page, so it scrolls in a box of its own.
 * @param {Token} token
 */
function table({ header, rows, align }) {
    const row = (tag, cells) => element(
        "tr", {}, ...cells.map((cell, column) => element(tag, { align: align[column], dir: "auto" }, ...inline(cell.tokens))));
    return element(
        "div", { class: "table-box", tabindex: 0, role: "group", "aria-label": t("run.table") },
        element(
            "table", {}, element("thead", {}, row("th", header)),
            rows.length ? element("tbody", {}, ...rows.map((cells) => row("td", cells))) : null));
}

/** @param {Token} token */
function list({ ordered, start, items, loose }) {
    return element(
        ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null },
        ...items.map((item) => element("li", { dir: "auto" }, ...blocks(item.task ? withCheckbox(item) : item.tokens, loose))));
}

/**
 * The item's tokens, with its checkbox as a character at the beginning of the text.
 * @param {Token} item
 * @returns {Token[]}
 */
function withCheckbox({ checked, tokens: [first, ...others] }) {
    const box = { type: "text", raw: checked ? "☑ " : "☐ " };
    return first?.type === "text" || first?.type === "paragraph"
        ? [{ ...first, tokens: [box, ...first.tokens] }, ...others]
        : [{ type: "text", raw: box.raw, tokens: [box] }, first, ...others].filter(Boolean);
}
