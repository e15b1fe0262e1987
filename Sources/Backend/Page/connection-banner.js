/** Shows above the messages that the connection is lost, once the loss lasts. */

import { element } from "./elements.js";
import { t } from "./i18n.js";

/** Doesn't show interruptions shorter than this, in milliseconds. */
const timeout = 2000;

export class ConnectionBanner {
    #root;
    #timer = 0;

    /** Called when the user asks to connect now. @type {() => void} */
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
        }, timeout);
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
