/** The content of an empty chat: a greeting and suggested tasks. */

import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/**
 * `text` is sent instead of `words`.
 * @typedef {{ picture: import("./icons.js").Icon, title: string, words: string, text?: string }} Starter
 */

/**
 * Tasks for the practice site. They send the plain English that the offline model understands.
 * @param {string} site
 * @returns {Starter[]}
 */
function practice(site) {
    return [
        {
            picture: "car", title: t("starter.tax"), words: t("starter.tax.text"),
            text: `open ${site}, fill Plate number with WXY 1234, click Check, tell me the amount due`,
        },
        {
            picture: "place", title: t("starter.office"), words: t("starter.office.text"),
            text: `open ${site}/offices, enter Ipoh into Town, click Find office, tell me the opening hours`,
        },
        {
            picture: "card", title: t("starter.pay"), words: t("starter.pay.text"),
            text: `open ${site}/pay?plate=WXY+1234, ask me for the card number, fill Card number with the answer, `
                + "click Pay RM 70.00, read the page",
        },
    ];
}

/**
 * Tasks for any website.
 * @returns {Starter[]}
 */
function general() {
    return [
        { picture: "car", title: t("starter.anyTax"), words: t("starter.anyTax.text") },
        { picture: "place", title: t("starter.anyOffice"), words: t("starter.anyOffice.text") },
        { picture: "card", title: t("starter.anyForm"), words: t("starter.anyForm.text") },
    ];
}

/**
 * @param {HTMLElement} root
 * @param {string | undefined} site The practice site, if the offline model answers.
 * @param {(text: string) => void} onChoose
 */
export function showStarters(root, site, onChoose) {
    const tasks = site ? practice(site) : general();
    root.replaceChildren(
        element("h2", { class: "greeting" }, t("greeting")),
        element("p", { class: "greeting-text" }, t("greeting.text")),
        element("ul", { class: "starter-list" }, ...tasks.map(({ picture, title, words, text = words }) =>
            element("li", {},
                element("button", { class: "starter", type: "button", onClick: () => onChoose(text) },
                    icon(picture), element("span", { class: "starter-title" }, title),
                    element("span", { class: "starter-text" }, words))))),
        ...(site ? [element("p", { class: "greeting-note" }, t("greeting.practice"))] : []));
}
