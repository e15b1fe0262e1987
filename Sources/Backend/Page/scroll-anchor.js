/** Keeps the visible content in place while messages arrive and grow: the end of the column, or the topmost message. */
export class ScrollAnchor {
    /** Within this distance of the end, in pixels, the scroll position counts as being at the end. */
    static #near = 64;
    #root;
    #isKeeping = false;

    /** @param {HTMLElement} root The message column, inside the scroll container. */
    constructor(root) {
        this.#root = root;
    }

    /** @param {() => void} change */
    keep(change) {
        const scroller = this.#root.parentElement;
        if (this.#isKeeping || !scroller) return change();
        this.#isKeeping = true;
        try {
            const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < ScrollAnchor.#near;
            const anchor = isAtEnd ? null : this.#topmost(scroller);
            const before = anchor?.getBoundingClientRect().top;
            change();
            if (isAtEnd) {
                scroller.scrollTop = scroller.scrollHeight;
            } else if (anchor?.isConnected) {
                scroller.scrollTop += anchor.getBoundingClientRect().top - before;
            }
        } finally {
            this.#isKeeping = false;
        }
    }

    /** The first visible message. */
    #topmost(scroller) {
        const { top } = scroller.getBoundingClientRect();
        const { left, width } = this.#root.getBoundingClientRect();
        for (const offset of [8, 48, 120]) {
            const found = document.elementFromPoint(left + width / 2, top + offset)?.closest("article");
            if (found && this.#root.contains(found)) return found;
        }
        // What isn't a message may stand there, such as the button above the first one.
        return [...this.#root.children].find((each) => each.getBoundingClientRect().bottom > top) ?? null;
    }
}
