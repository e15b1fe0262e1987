/**
 * Parses Markdown into marked's tokens, within limits: no text that others wrote takes the page's time or nests so deep
 * that it can't be laid out. What is beyond a limit is plain text.
 *
 * @typedef {object} Token A block or a part of one. `plain` is a type of ours; the others are marked's.
 * @property {string} type
 * @property {string} raw The Markdown it was made of; character references aren't decoded.
 * @property {string} [text]
 * @property {Token[]} [tokens]
 * @property {string} [href]
 * @property {string} [lang] Of a block of code: what is behind the fence.
 * @property {number} [depth] Of a heading, from 1.
 * @property {boolean} [ordered]
 * @property {number | ""} [start]
 * @property {boolean} [loose] Whether the items of a list are paragraphs.
 * @property {boolean} [task]
 * @property {boolean} [checked]
 * @property {Token[]} [items]
 * @property {(string | null)[]} [align] Of a table's columns.
 * @property {{tokens: Token[]}[]} [header]
 * @property {{tokens: Token[]}[][]} [rows]
 */

import { hasMarkdownParser } from "./markdown-parser.js";

/** Nobody reads more than this as one message, and every character costs time. */
const maxTextLength = 100_000;
const maxLines = 4000;
/** The parser's time grows with the square of a line's length. */
const maxLineLength = 20_000;
const maxNesting = 24;
/** Of characters with a meaning, in one paragraph. The parser tries to pair each with each. */
const maxDelimiters = 400;
/** A table's rows are filled up to the width of its head, so a short text can have millions of cells. */
const maxCells = 20_000;
/** For one text, in milliseconds. */
const timeLimit = 400;

/** @type {((text: string) => Token[]) | null} */
let lexer = null;

/**
 * The text as the parser counts it, so that the tokens' `raw` can be found in it: line ends and tabs at the beginning of
 * a line are spelled in one way. NUL is replaced, as CommonMark wants it.
 * @param {string} text
 */
export function normalizeMarkdown(text) {
    return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd")
        .replace(/^( *)(\t+)/gm, (_, spaces, tabs) => spaces + "    ".repeat(tabs.length));
}

/**
 * How much of a text is short enough to be parsed, up to the end of a line.
 * @param {string} text
 */
export function parsableLength(text) {
    const end = text.length <= maxTextLength
        ? text.length : Math.max(text.lastIndexOf("\n", maxTextLength), maxTextLength / 2);
    let lineEnd = -1;
    for (let line = 0; line < maxLines; line += 1) {
        lineEnd = text.indexOf("\n", lineEnd + 1);
        if (lineEnd < 0 || lineEnd >= end) return end;
    }
    return lineEnd;
}

/**
 * @param {string} text A normalized text that is short enough.
 * @returns {Token[] | null} `null` where a line is too long or nested too deep, and where marked isn't there or fails.
 */
export function markdownTokens(text) {
    if (!hasMarkdownParser() || text.split("\n").some(isTooComplex)) return null;
    try {
        lexer ??= makeLexer();
        // marked sees code whose fence isn't closed yet only where its last line ends.
        return lexer(text.endsWith("\n") ? text : `${text}\n`);
    } catch (error) {
        // A regular expression of marked's can run out of stack. Anything else is a fault; plain text is safe either way.
        if (!(error instanceof RangeError)) console.error(error);
        return null;
    }
}

/** @param {string} line */
function isTooComplex(line) {
    if (line.length > maxLineLength) return true;
    // Each marker of a quote or a list is a level of its own.
    const [markers] = /^(?:\s*(?:>|(?:[*+-]|\d{1,9}[.)])(?=\s)))*/.exec(line);
    return (markers.match(/[>*+.)-]/g)?.length ?? 0) > maxNesting && !/^[\s*_-]*$/.test(line);
}

/** @returns {(text: string) => Token[]} */
function makeLexer() {
    const { Lexer, Tokenizer, defaults } = window.marked;

    class BoundedLexer extends Lexer {
        #deadline = performance.now() + timeLimit;
        #depth = 0;

        get isAtTopLevel() {
            return this.#depth === 1;
        }

        get isLate() {
            return performance.now() > this.#deadline;
        }

        blockTokens(source, tokens = []) {
            if (this.#canDescend) return this.#descend(() => super.blockTokens(source, tokens));
            // As marked does at the end of blocks.
            this.state.top = true;
            tokens.push({ type: "plain", raw: source });
            return tokens;
        }

        inlineTokens(source, tokens = []) {
            const delimiters = source.match(/[*_`[\]~<&!\\]/g)?.length ?? 0;
            if (delimiters <= maxDelimiters && this.#canDescend) {
                return this.#descend(() => super.inlineTokens(source, tokens));
            }
            for (const [index, line] of source.split("\n").entries()) {
                if (index > 0) tokens.push({ type: "br", raw: "\n" });
                tokens.push({ type: "text", raw: line, text: line });
            }
            return tokens;
        }

        get #canDescend() {
            return this.#depth < maxNesting && !this.isLate;
        }

        /** After an error this lexer isn't used again, so the depth may stay wrong. */
        #descend(lex) {
            this.#depth += 1;
            const tokens = lex();
            this.#depth -= 1;
            return tokens;
        }
    }

    class TextTokenizer extends Tokenizer {
        /** HTML is text like any other. */
        html() {}
        tag() {}

        /** The lexer tries this before each block, so it is where the rest can become text in time. */
        space(source) {
            // A token of one character would be taken for the end of a line.
            return this.lexer.isLate && source.length > 1 ? { type: "plain", raw: source } : super.space(source);
        }

        /** One tilde means "about" more often than "no longer". */
        del(source) {
            return source.startsWith("~~") ? super.del(source) : undefined;
        }

        table(source) {
            return hasTooManyCells(source) ? undefined : super.table(source);
        }

        /** marked 4 leaves definitions of links out of the tokens, whose `raw` would then have a gap. */
        def(source) {
            const token = super.def(source);
            if (token && this.lexer.isAtTopLevel) this.lexer.tokens.push({ ...token });
            return token;
        }
    }

    const options = { ...defaults, gfm: true, breaks: true, mangle: false, tokenizer: new TextTokenizer() };
    return (text) => new (/** @type {any} */ (BoundedLexer))(options).lex(text);
}

/**
 * Whether what a text begins with would be too large as a table.
 * @param {string} source
 */
function hasTooManyCells(source) {
    const [head] = source.split("\n", 1);
    const columns = head.split("|").length;
    // So many lines are never too many.
    if (columns * maxLines <= maxCells) return false;
    const end = source.search(/\n *\n/);
    return columns * source.slice(0, end < 0 ? source.length : end).split("\n").length > maxCells;
}
