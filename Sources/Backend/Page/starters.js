/** The content of an empty chat: a greeting and suggested tasks. */

import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/**
 * @typedef {{ picture: import("./icons.js").Icon, title: string, words: string }} Starter
 */

/**
 * Tasks for the practice site, which it has recipes for.
 * @returns {Starter[]}
 */
function practice() {
    return [
        { picture: "car", title: t("starter.tax"), words: t("starter.tax.text") },
        { picture: "place", title: t("starter.office"), words: t("starter.office.text") },
        { picture: "card", title: t("starter.pay"), words: t("starter.pay.text") },
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
    const tasks = site ? practice() : general();
    root.replaceChildren(
        element("h2", { class: "greeting" }, t("greeting")),
        element("p", { class: "greeting-text" }, t("greeting.text")),
        element("ul", { class: "starter-list" }, ...tasks.map(({ picture, title, words }) =>
            element("li", {},
                element("button", { class: "starter", type: "button", onClick: () => onChoose(words) },
                    icon(picture), element("span", { class: "starter-title" }, title),
                    element("span", { class: "starter-text" }, words))))),
        ...(site ? [element("p", { class: "greeting-note" }, t("greeting.practice"))] : []));
}
