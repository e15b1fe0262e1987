/** Which chat the address names, and going from one to the other without loading the page anew. */

/** The chat in an address; null for a new one, undefined where the address is none of ours. */
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

    /** @param {(chat: string | null) => void} onRoute Shows this chat, or a new one. */
    constructor(onRoute) {
        this.#onRoute = onRoute;
    }

    /** Shows what the address names, and from now on follows links and the browser's back and forward. */
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

    /** Writes down that the new chat on the screen has become this one. @param {string} chat */
    settle(chat) {
        history.replaceState(null, "", pathOf(chat));
    }

    #show() {
        const chat = chatOf(location.pathname);
        if (chat === undefined) history.replaceState(null, "", "/");
        this.#onRoute(chat ?? null);
    }

    /** Keeps plain clicks on our own links in the page; a click for a new tab or window stays the browser's. */
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
