/** Keeps in place what is looked at, while messages come and grow: the end of the column, or whatever is on top. */
export class ScrollAnchor {
    /** Nearer to the end than this counts as being there, in pixels. */
    static #near = 64;
    #root;
    #isKeeping = false;

    /** @param {HTMLElement} root The column of messages, in what scrolls. */
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

    /** The first message that is seen. */
    #topmost(scroller) {
        const { top } = scroller.getBoundingClientRect();
        const { left, width } = this.#root.getBoundingClientRect();
        for (const offset of [8, 48, 120]) {
            const found = document.elementFromPoint(left + width / 2, top + offset)?.closest("article");
            if (found && this.#root.contains(found)) return found;
        }
        return null;
    }
}
