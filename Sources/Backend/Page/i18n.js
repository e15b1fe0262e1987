/** The page's texts in the user's language, and localized numbers and dates. */

import { preferences, setPreference } from "./preferences.js";

/**
 * A text with `{name}` placeholders, or one such text for each plural form of its `count`.
 * @typedef {string | Record<string, string>} Entry
 */

/**
 * Loaded when a language is chosen, because few users need two.
 * @type {Record<"en" | "ms", () => Promise<{ default: Record<string, Entry> }>>}
 */
const dictionaries = { en: () => import("./i18n-en.js"), ms: () => import("./i18n-ms.js") };
const locales = { en: "en-MY", ms: "ms-MY" };

/** @type {"en" | "ms"} */
let current = preferences().language === "ms" || preferences().language === "en"
    ? preferences().language
    : detected();
document.documentElement.lang = current;
/** The newest choice, while its texts are loading. */
let chosen = current;
/** @type {Record<string, Entry>} */
let texts = (await dictionaries[current]()).default;

/** The first supported language among the web browser's languages. */
function detected() {
    const known = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0])
        .find((tag) => tag === "en" || tag === "ms");
    return known === "ms" ? "ms" : "en";
}

/** @returns {"en" | "ms"} */
export function language() {
    return current;
}

/** The language's tag for `Intl`. */
export function locale() {
    return locales[current];
}

/**
 * Changes the language of the document, and saves it. Dispatches `ai4ai:language` on the document, for redrawing texts.
 * @param {"en" | "ms"} wanted
 */
export async function setLanguage(wanted) {
    chosen = wanted;
    const loaded = (await dictionaries[wanted]()).default;
    if (chosen !== wanted || wanted === current) return;
    texts = loaded;
    current = wanted;
    setPreference("language", wanted);
    document.documentElement.lang = wanted;
    translate(document);
    document.dispatchEvent(new Event("ai4ai:language"));
}

/** @param {string} key @returns {boolean} */
export function has(key) {
    return key in texts;
}

/**
 * A text in the current language, or the key itself if there's none.
 * @param {string} key
 * @param {Record<string, string | number>} [values] Values for the placeholders; `count` also selects the plural form.
 */
export function t(key, values = {}) {
    let entry = texts[key] ?? key;
    if (typeof entry !== "string") {
        entry = entry[new Intl.PluralRules(locale()).select(Number(values.count))] ?? entry.other;
    }
    return entry.replace(/\{(\w+)\}/g, (whole, name) => {
        const value = values[name];
        return typeof value === "number" ? formatNumber(value) : value ?? whole;
    });
}

/**
 * Fills in the texts that elements name in `data-i18n` (content), `data-i18n-label`, and `data-i18n-placeholder`.
 * @param {ParentNode} root
 */
export function translate(root) {
    /** @param {string} selector @returns {NodeListOf<HTMLElement>} */
    const all = (selector) => root.querySelectorAll(selector);
    for (const element of all("[data-i18n]")) element.textContent = t(element.dataset.i18n);
    for (const element of all("[data-i18n-label]")) {
        element.setAttribute("aria-label", t(element.dataset.i18nLabel));
    }
    for (const element of all("[data-i18n-placeholder]")) {
        element.setAttribute("placeholder", t(element.dataset.i18nPlaceholder));
    }
}

/** @param {number} number */
export function formatNumber(number) {
    return new Intl.NumberFormat(locale()).format(number);
}

/** Formats a date and time. @param {string | Date} moment */
export function formatMoment(moment) {
    return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
}

/**
 * The heading in a list for a date: today, yesterday, the past week, or the month.
 * @param {string | Date} moment
 */
export function formatPeriod(moment) {
    const day = new Date(moment);
    const midnight = new Date().setHours(0, 0, 0, 0);
    const days = Math.ceil((midnight - day.getTime()) / 86_400_000);
    if (days <= 0) return t("period.today");
    if (days === 1) return t("period.yesterday");
    if (days <= 7) return t("period.week");
    const text = new Intl.DateTimeFormat(locale(), { month: "long", year: "numeric" }).format(day);
    return text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1);
}
