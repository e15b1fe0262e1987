/** Maps URL paths to chats, and navigates between chats without reloading the page. */

/** The chat in a path; null for a new chat, undefined if the path isn't one of the page's routes. */
export function chatOf(path) {
    if (path === "/") return null;
    const found = /^\/chat\/([^/]+)\/?$/.exec(path);
    try {
        return found ? decodeURIComponent(found[1]) : undefined;
    } catch {
        return undefined;
    }
}

/** @param {string | null} chat */
export function pathOf(chat) {
    return chat === null ? "/" : `/chat/${encodeURIComponent(chat)}`;
}

export class Router {
    #onRoute;
    #onUnknown;

    /**
     * @param {(chat: string | null) => void} onRoute Shows the chat, or a new one for null.
     * @param {() => void} onUnknown Says that nothing is at the current address.
     */
    constructor(onRoute, onUnknown) {
        this.#onRoute = onRoute;
        this.#onUnknown = onUnknown;
    }

    /**
     * Shows the chat in the current path, and handles links and the web browser's back and forward buttons from now on.
     */
    start() {
        addEventListener("popstate", () => this.#show());
        document.addEventListener("click", (event) => this.#follow(event));
        this.#show();
    }

    /** @param {string | null} chat */
    go(chat) {
        if (pathOf(chat) !== location.pathname) history.pushState(null, "", pathOf(chat));
        this.#onRoute(chat);
    }

    /** Updates the path once the new chat has been created. @param {string} chat */
    settle(chat) {
        history.replaceState(null, "", pathOf(chat));
    }

    #show() {
        const chat = chatOf(location.pathname);
        if (chat === undefined) history.replaceState(null, "", "/");
        this.#onRoute(chat ?? null);
        if (chat === undefined) this.#onUnknown();
    }

    /** Handles plain clicks on links to this page. Clicks that open a tab or window are left to the web browser. */
    #follow(event) {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
        if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
        const chat = chatOf(link.pathname);
        if (chat === undefined || link.hash) return;
        event.preventDefault();
        this.go(chat);
    }
}
