/** Brief messages in a corner: errors, with a way to retry, confirmations, and what can still be undone. */

import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/** How long a message that needs no action stays, in milliseconds. Pauses while it's hovered or focused. */
const stay = 6000;
/** How long something can be undone, in milliseconds. Pauses in the same way. */
const undoTime = 10_000;
const most = 4;

export class Toasts {
    #root;
    /** What to do once a message is gone. @type {WeakMap<Element, () => void>} */
    #ends = new WeakMap();

    /** @param {HTMLElement} root */
    constructor(root) {
        this.#root = root;
    }

    /**
     * Shows an error, which stays until the user closes it or retries.
     * @param {string} text @param {() => void} [retry]
     */
    error(text, retry) {
        const toast = this.#show(text, true, retry && { label: t("retry"), onChoose: retry });
        if (retry) toast.dataset.retry = "";
    }

    /** @param {string} text */
    info(text) {
        this.#passes(this.#show(text, false), stay);
    }

    /**
     * Says what will be done for good once the message is gone, and offers to undo it until then.
     * @param {string} text @param {() => void} undo @param {() => void} onGone Called unless it was undone.
     */
    undoable(text, undo, onGone) {
        const toast = this.#show(text, false, {
            label: t("undo"), onChoose: () => {
                this.#ends.delete(toast);
                undo();
            },
        });
        this.#ends.set(toast, onGone);
        this.#passes(toast, undoTime);
    }

    /** Removes what could be tried again. */
    dropRetries() {
        for (const toast of this.#root.querySelectorAll("[data-retry]")) this.#drop(toast);
    }

    /** @param {HTMLElement} toast @param {number} time */
    #passes(toast, time) {
        let timer = 0;
        const wait = () => {
            clearTimeout(timer);
            timer = setTimeout(() => {
                if (toast.matches(":hover, :focus-within")) wait();
                else this.#drop(toast);
            }, time);
        };
        for (const end of ["pointerleave", "focusout"]) toast.addEventListener(end, wait);
        wait();
    }

    /** @param {Element} toast */
    #drop(toast) {
        toast.remove();
        const end = this.#ends.get(toast);
        this.#ends.delete(toast);
        end?.();
    }

    /** @param {string} text @param {boolean} isError @param {{ label: string, onChoose: () => void }} [action] */
    #show(text, isError, action) {
        // What can still be undone stays. A repeated message replaces the earlier one.
        const passing = /** @type {HTMLElement[]} */ ([...this.#root.children]).filter((each) => !this.#ends.has(each));
        for (const [index, shown] of passing.entries()) {
            if (shown.dataset.text === text || passing.length - index >= most) this.#drop(shown);
        }
        const toast = element("div", {
            class: isError ? "toast error" : "toast", role: isError ? "alert" : "status", data: { text },
        }, icon(isError ? "warning" : "done"), element("p", {}, text));
        if (action) {
            toast.append(element("button", {
                class: "button", type: "button", onClick: () => {
                    action.onChoose();
                    this.#drop(toast);
                },
            }, action.label));
        }
        toast.append(element("button", {
            class: "icon-button", type: "button", "aria-label": t("close"), onClick: () => this.#drop(toast),
        }, icon("close")));
        this.#root.append(toast);
        return toast;
    }
}
