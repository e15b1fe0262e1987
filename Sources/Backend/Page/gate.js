/** The screen in place of the page while it can't be used: loading, an error, or sign-in. */

import { element } from "./elements.js";
import { t } from "./i18n.js";

export class Gate {
    #root;
    #timer = 0;

    /** @param {HTMLElement} root */
    constructor(root) {
        this.#root = root;
    }

    /** Shows that the page is loading, if that takes noticeably long. */
    wait() {
        this.hide();
        this.#timer = setTimeout(() => this.#show(t("loading"), "", null), 500);
    }

    /**
     * @param {string} title @param {string} text
     * @param {{ label: string, onChoose: () => void }} action What the user can do.
     */
    show(title, text, action) {
        this.hide();
        this.#show(title, text, action);
        this.#root.querySelector("button").focus();
    }

    hide() {
        clearTimeout(this.#timer);
        this.#root.hidden = true;
        this.#root.replaceChildren();
    }

    #show(title, text, action) {
        this.#root.hidden = false;
        this.#root.replaceChildren(element("div", { class: "gate-card", role: action ? "alert" : "status" },
            element("img", { src: "/assets/icon.svg", width: 56, height: 56, alt: "" }),
            element("h1", {}, title),
            text ? element("p", {}, text) : null,
            action ? element("button", {
                class: "button primary", type: "button", onClick: action.onChoose,
            }, action.label) : null));
    }
}
