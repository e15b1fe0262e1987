/** Shows the chat list as a drawer on narrow screens. On wide screens, the list is always visible. */
export class Drawer {
    #elements;
    /** @type {HTMLElement | null} */
    #opener = null;

    /**
     * @param {{ sidebar: HTMLElement, main: HTMLElement, shade: HTMLElement, open: HTMLElement, close: HTMLElement }}
     *     elements
     */
    constructor(elements) {
        this.#elements = elements;
        elements.open.addEventListener("click", () => this.open());
        elements.close.addEventListener("click", () => this.close());
        elements.shade.addEventListener("click", () => this.close());
        // A window that becomes wide shows the list beside the chat.
        new ResizeObserver(() => this.isOpen && !this.#isDrawer && this.close()).observe(document.body);
    }

    get isOpen() {
        return this.#elements.sidebar.classList.contains("open");
    }

    /** The style sheet decides on which screens the list is a drawer. */
    get #isDrawer() {
        return getComputedStyle(this.#elements.sidebar).position === "fixed";
    }

    open() {
        if (!this.#isDrawer || this.isOpen) return;
        this.#opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
        this.#set(true);
        this.#elements.close.focus();
    }

    close() {
        if (!this.isOpen) return;
        const hadFocus = this.#elements.sidebar.contains(document.activeElement);
        this.#set(false);
        if (hadFocus) this.#opener?.focus();
    }

    #set(isOpen) {
        const { sidebar, main, shade, open } = this.#elements;
        sidebar.classList.toggle("open", isOpen);
        main.inert = isOpen;
        shade.hidden = !isOpen;
        open.setAttribute("aria-expanded", `${isOpen}`);
    }
}
