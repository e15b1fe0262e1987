import { element } from "./elements.js";
import { t } from "./i18n.js";
import { webAddress } from "./web-address.js";

/**
 * A structured result, as a table: what was found, and the words of the page that say it.
 *
 * @typedef {{value: any, evidence?: {path: string, quote: string, url: string}[]}} StructuredResult
 * @typedef {{label: string, value: string, quote: string, url: string}} Row
 */

/** The most rows that are shown; the JSON has all. */
const mostRows = 100;

/**
 * The single values of a result, each with what it stands on.
 * @param {StructuredResult} result
 * @returns {Row[]}
 */
export function rowsOf({ value, evidence = [] }) {
    const quotes = new Map(evidence.map((each) => [each.path, each]));
    /** @type {(value: any, path: string, names: string[]) => Row[]} */
    const rows = (value, path, names) => {
        if (value !== null && typeof value === "object" && Object.keys(value).length) {
            const members = Object.entries(value);
            // The order of members means nothing, and differs.
            if (!Array.isArray(value)) members.sort(([one], [other]) => (one < other ? -1 : 1));
            return members.flatMap(([name, member]) => rows(
                member, `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
                [...names, Array.isArray(value) ? String(Number(name) + 1) : name]));
        }
        const quote = quotes.get(path);
        return [{
            label: names.join(" › "), value: value === null || typeof value === "object" ? "" : wordsOf(value), quote: quote?.quote ?? "",
            url: quote?.url ?? "",
        }];
    };
    return rows(value, "", []);
}

function wordsOf(value) {
    if (typeof value === "boolean") return t(value ? "run.result.yes" : "run.result.no");
    return String(value);
}

/**
 * @param {StructuredResult} result
 * @param {(text: string) => void} copy
 */
export function structuredResult(result, copy) {
    const rows = rowsOf(result);
    const shown = rows.slice(0, mostRows);
    return element(
        "section", { class: "structured-result" },
        element(
            "div", { class: "structured-result-head" }, element("h3", {}, t("run.result")),
            element(
                "button",
                { class: "quiet-button", type: "button", onClick: () => copy(JSON.stringify(result.value, null, 2)) },
                t("run.result.copy"))),
        element(
            "div", { class: "table-box", tabindex: "0", role: "region", "aria-label": t("run.result") },
            element("table", {}, element("tbody", {}, ...shown.map(row)))),
        rows.length > shown.length
            ? element("p", { class: "muted" }, t("run.result.more", { count: rows.length - shown.length })) : null);
}

/** @param {Row} row */
function row({ label, value, quote, url }) {
    const page = webAddress(url);
    const source = page && /^https?:$/.test(page.protocol)
        ? element("a", { href: page.href, target: "_blank", rel: "noopener noreferrer nofollow" }, page.host,
            element("span", { class: "visually-hidden" }, t("run.link.newTab")))
        : element("bdi", {}, url);
    return element(
        "tr", {},
        label ? element("th", { scope: "row", dir: "auto" }, label) : null,
        element("td", { dir: "auto", class: value ? "" : "muted" }, value || t("run.result.none")),
        element("td", { class: "muted" }, quote ? element("q", { dir: "auto" }, quote) : null, " ", url ? source : null));
}
