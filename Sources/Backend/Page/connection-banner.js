/** Says above the messages that the connection is lost, once that lasts. */

import { element } from "./elements.js";
import { t } from "./i18n.js";

/** Shorter breaks are not worth a word. */
const patience = 2000;

export class ConnectionBanner {
    #root;
    #timer = 0;

    /** Tries to connect at once. @type {() => void} */
    onRetry = () => {};

    /** @param {HTMLElement} root A status region. */
    constructor(root) {
        this.#root = root;
    }

    connected() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        this.#root.hidden = true;
        this.#root.replaceChildren();
    }

    lost() {
        this.#timer ||= setTimeout(() => {
            this.#show(t(navigator.onLine ? "connection.lost" : "connection.offline"), t("connection.retry"));
        }, patience);
    }

    tooMany() {
        this.connected();
        this.#show(t("connection.tooMany"), t("retry"));
    }

    /** @param {string} text @param {string} label */
    #show(text, label) {
        this.#root.hidden = false;
        this.#root.replaceChildren(
            element("span", {}, text),
            element("button", { class: "button", type: "button", onClick: () => this.onRetry() }, label));
    }
}
