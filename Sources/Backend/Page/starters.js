/** What an empty chat shows: a greeting, and errands to begin with. */

import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/** @typedef {{ picture: import("./icons.js").Icon, title: string, text: string }} Starter */

/**
 * Errands that work at the practice site, in the plain English that the offline model follows.
 * @param {string} site
 * @returns {Starter[]}
 */
function practice(site) {
    return [
        {
            picture: "car", title: t("starter.tax"),
            text: `open ${site}, fill Plate number with WXY 1234, click Check, tell me the amount due`,
        },
        {
            picture: "place", title: t("starter.office"),
            text: `open ${site}/offices, enter Ipoh into Town, click Find office, tell me the opening hours`,
        },
        {
            picture: "card", title: t("starter.pay"),
            text: `open ${site}/pay?plate=WXY+1234, fill Card number with 4111, click Pay RM 70.00, read the page`,
        },
    ];
}

/**
 * Errands for the web at large.
 * @returns {Starter[]}
 */
function general() {
    return [
        { picture: "car", title: t("starter.anyTax"), text: t("starter.anyTax.text") },
        { picture: "place", title: t("starter.anyOffice"), text: t("starter.anyOffice.text") },
        { picture: "card", title: t("starter.anyForm"), text: t("starter.anyForm.text") },
    ];
}

/**
 * @param {HTMLElement} root
 * @param {string | undefined} site The practice site, where there is one.
 * @param {(text: string) => void} onChoose
 */
export function showStarters(root, site, onChoose) {
    const errands = site ? practice(site) : general();
    root.replaceChildren(
        element("h2", { class: "greeting" }, t("greeting")),
        element("p", { class: "greeting-text" }, t("greeting.text")),
        element("ul", { class: "starter-list" }, ...errands.map(({ picture, title, text }) =>
            element("li", {},
                element("button", { class: "starter", type: "button", onClick: () => onChoose(text) },
                    icon(picture), element("span", { class: "starter-title" }, title),
                    element("span", { class: "starter-text", lang: site ? "en" : null }, text))))),
        ...(site ? [element("p", { class: "greeting-note" }, t("greeting.practice"))] : []));
}
