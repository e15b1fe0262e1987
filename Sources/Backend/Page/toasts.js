/** Brief messages in a corner: errors, with a way to retry, and confirmations. */

import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/** How long a message that needs no action stays, in milliseconds. Pauses while it's hovered or focused. */
const stay = 6000;
const most = 4;

export class Toasts {
    #root;

    /** @param {HTMLElement} root */
    constructor(root) {
        this.#root = root;
    }

    /**
     * Shows an error, which stays until the user closes it or retries.
     * @param {string} text @param {() => void} [retry]
     */
    error(text, retry) {
        this.#show(text, true, retry);
    }

    /** @param {string} text */
    info(text) {
        const toast = this.#show(text, false);
        let timer = 0;
        const wait = () => {
            timer = setTimeout(() => toast.remove(), stay);
        };
        for (const begin of ["pointerenter", "focusin"]) toast.addEventListener(begin, () => clearTimeout(timer));
        for (const end of ["pointerleave", "focusout"]) toast.addEventListener(end, wait);
        wait();
    }

    /** Removes what could be tried again. */
    dropRetries() {
        for (const toast of this.#root.querySelectorAll("[data-retry]")) toast.remove();
    }

    #show(text, isError, retry) {
        // A repeated message replaces the earlier one.
        for (const shown of /** @type {HTMLElement[]} */ ([...this.#root.children])) {
            if (shown.dataset.text === text) shown.remove();
        }
        while (this.#root.childElementCount >= most) this.#root.firstElementChild.remove();
        const toast = element("div", {
            class: isError ? "toast error" : "toast", role: isError ? "alert" : "status", data: { text },
        }, icon(isError ? "warning" : "done"), element("p", {}, text));
        if (retry) {
            toast.dataset.retry = "";
            toast.append(element("button", {
                class: "button", type: "button", onClick: () => {
                    toast.remove();
                    retry();
                },
            }, t("retry")));
        }
        toast.append(element("button", {
            class: "icon-button", type: "button", "aria-label": t("close"), onClick: () => toast.remove(),
        }, icon("close")));
        this.#root.append(toast);
        return toast;
    }
}
