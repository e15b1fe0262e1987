/**
 * The chat list: most recently changed first, loaded page by page while scrolling, with search.
 *
 * @typedef {import("./api.js").Session} Session
 * @typedef {object} ChatsHooks
 * @property {(id: string) => void} onDeleted
 * @property {(session: Session) => void} onRenamed
 * @property {(error: unknown) => boolean} onFailure Returns whether it handled the error, such as an ended sign-in.
 */

import { ChatRow, titleOf } from "./chat-row.js";
import { confirmDanger } from "./dialogs.js";
import { element } from "./elements.js";
import { ApiError, explain } from "./errors.js";
import { formatPeriod, t } from "./i18n.js";
import { saveChat } from "./save-chat.js";

const pause = { search: 250, refresh: 20_000 };

export class Chats {
    /** @type {string | null} */
    #current = null;
    /** The loaded chats. @type {Map<string, Session>} */
    #sessions = new Map();
    /** @type {string | undefined} */
    #cursor;
    /** The search results; null without a search. @type {{ sessions: Session[], cursor?: string } | null} */
    #found = null;
    /** @type {Map<string, ChatRow>} */
    #rows = new Map();
    #isLoaded = false;
    #isLoading = false;
    #isRenaming = false;
    #search = new AbortController();
    #searchTimer = 0;

    /** The order of the rows as drawn, so that rows move only when it changes. */
    #drawn = "";
    #watcher;
    #body = element("div");
    #end = element("div", { class: "list-end" });

    /**
     * @param {{ list: HTMLElement, search: HTMLInputElement }} elements
     * @param {import("./api.js").Api} api
     * @param {import("./toasts.js").Toasts} toasts
     * @param {import("./announcer.js").Announcer} announcer
     * @param {number} titleLimit
     * @param {ChatsHooks} hooks
     */
    constructor(elements, api, toasts, announcer, titleLimit, hooks) {
        this.elements = elements;
        this.api = api;
        this.toasts = toasts;
        this.announcer = announcer;
        this.titleLimit = titleLimit;
        this.hooks = hooks;
        elements.list.append(this.#body, this.#end);
        elements.search.addEventListener("input", () => this.#searchSoon());
        elements.search.addEventListener("keydown", (event) => this.#pressInSearch(event));
        this.#watcher = new IntersectionObserver(
            ([entry]) => entry.isIntersecting && void this.#more(), { root: elements.list, rootMargin: "200px" });
        this.#watcher.observe(this.#end);
        setInterval(() => this.#refreshIfWorthwhile(), pause.refresh);
        document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.refresh());
        document.addEventListener("ai4ai:language", () => this.#draw());
    }

    /** Marks the open chat. @param {string | null} id */
    mark(id) {
        this.#current = id;
        this.#draw();
    }

    /** Updates a chat in the list. @param {Session} session */
    take(session) {
        const oldest = [...this.#sessions.values()].at(-1);
        const isInReach = !this.#cursor || !oldest || changeOf(session) >= changeOf(oldest);
        if (!this.#sessions.has(session.id) && !isInReach) return;
        this.#sessions.set(session.id, session);
        if (this.#found) {
            this.#found.sessions = this.#found.sessions.map((found) => found.id === session.id ? session : found);
        }
        this.#draw();
    }

    /** @param {string} id */
    forget(id) {
        this.#sessions.delete(id);
        if (this.#found) this.#found.sessions = this.#found.sessions.filter((found) => found.id !== id);
        this.#draw();
    }

    /** Reloads the newest chats, which other tabs and devices may have changed. */
    async refresh() {
        if (this.#isLoading) return;
        this.#isLoading = true;
        this.#drawEnd();
        try {
            const { sessions, next_cursor: cursor } = await this.api.sessions();
            const oldest = cursor ? changeOf(sessions.at(-1)) : -Infinity;
            for (const known of [...this.#sessions.values()]) {
                if (changeOf(known) > oldest) this.#sessions.delete(known.id);
            }
            if (!this.#isLoaded || !cursor) this.#cursor = cursor;
            this.#isLoaded = true;
            for (const session of sessions) this.#sessions.set(session.id, session);
            this.#draw();
        } catch (error) {
            this.#failed(error, this.#isLoaded);
            return;
        } finally {
            this.#isLoading = false;
        }
        this.#drawEnd();
    }

    focusSearch() {
        this.elements.search.focus();
        this.elements.search.select();
    }

    async #more() {
        const cursor = this.#found ? this.#found.cursor : this.#cursor;
        if (!this.#isLoaded || this.#isLoading || !cursor) return;
        this.#isLoading = true;
        this.#drawEnd();
        try {
            const found = this.#found;
            const query = found ? this.elements.search.value.trim() : undefined;
            const page = await this.api.sessions({ cursor, query });
            if (found !== this.#found) return;
            if (found) {
                found.sessions.push(...page.sessions);
                found.cursor = page.next_cursor;
            } else {
                for (const session of page.sessions) this.#sessions.set(session.id, session);
                this.#cursor = page.next_cursor;
            }
            this.#draw();
        } catch (error) {
            this.#failed(error, false);
            return;
        } finally {
            this.#isLoading = false;
        }
        this.#drawEnd();
    }

    #searchSoon() {
        clearTimeout(this.#searchTimer);
        this.#searchTimer = setTimeout(() => void this.#find(), pause.search);
    }

    async #find() {
        this.#search.abort();
        this.#search = new AbortController();
        const { signal } = this.#search;
        const query = this.elements.search.value.trim();
        if (!query) {
            this.#found = null;
            return this.#draw();
        }
        try {
            const page = await this.api.sessions({ query, signal });
            // A newer search has replaced this one.
            if (signal.aborted) return;
            this.#found = { sessions: page.sessions, cursor: page.next_cursor };
            this.#draw();
            this.announcer.say(t(page.next_cursor ? "search.foundMany" : "search.found", {
                count: page.sessions.length,
            }));
        } catch (error) {
            if (!signal.aborted) this.#failed(error, false);
        }
    }

    #pressInSearch(event) {
        const { search } = this.elements;
        if (event.key === "Escape" && search.value) {
            event.preventDefault();
            search.value = "";
            void this.#find();
        } else if (event.key === "ArrowDown") {
            event.preventDefault();
            this.#body.querySelector("a")?.focus();
        }
    }

    /** Refreshes the list while other chats have runs, because this page isn't notified of their state. */
    #refreshIfWorthwhile() {
        if (document.visibilityState !== "visible") return;
        const isWorthwhile = [...this.#sessions.values()].some(({ id, run }) => run && id !== this.#current);
        if (isWorthwhile) void this.refresh();
    }

    /** @param {unknown} error @param {boolean} isQuiet */
    #failed(error, isQuiet) {
        if (this.hooks.onFailure(error) || isQuiet) return;
        this.#end.replaceChildren(
            element("p", { role: "alert" }, explain(error)),
            element("button", { class: "button", type: "button", onClick: () => this.#again() }, t("retry")));
    }

    #again() {
        if (!this.#isLoaded) void this.refresh();
        else if (this.elements.search.value.trim() && !this.#found) void this.#find();
        else void this.#more();
    }

    /** Draws again what depends on the time. */
    redraw() {
        this.#draw();
    }

    #draw() {
        // Don't redraw while the user renames a chat. Everything is redrawn afterward.
        if (this.#isRenaming) return;
        /** @type {[string, Session[]][]} */
        const groups = this.#found ? [["", this.#found.sessions]] : this.#periods();
        /** @type {[string, HTMLLIElement[]][]} */
        const rows = groups.map(([period, members]) => [period, members.map((session) => this.#row(session))]);
        const order = JSON.stringify(groups.map(([period, members]) => [period, members.map(({ id }) => id)]));
        if (order !== this.#drawn) {
            this.#drawn = order;
            const focused = document.activeElement;
            this.#body.replaceChildren(...rows.map(([period, members]) => section(period, members)));
            if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus({ preventScroll: true });
        }
        this.#drawEnd();
    }

    #periods() {
        const sessions = [...this.#sessions.values()].sort((one, other) => changeOf(other) - changeOf(one));
        this.#sessions = new Map(sessions.map((session) => [session.id, session]));
        return [...Map.groupBy(sessions, (session) => formatPeriod(session.updated_at))];
    }

    #row(session) {
        let row = this.#rows.get(session.id);
        if (!row) {
            row = new ChatRow(session, {
                rename: (renamed, title) => this.#rename(renamed, title),
                remove: (removed) => void this.#remove(removed),
                save: (saved, format) => void saveChat(this.api, saved, format).catch((error) => this.#tell(error)),
                onRenaming: (isRenaming) => {
                    this.#isRenaming = isRenaming;
                    if (!isRenaming) this.#draw();
                },
                titleLimit: this.titleLimit,
            });
            this.#rows.set(session.id, row);
        }
        row.show(session, { isCurrent: session.id === this.#current, isFound: this.#found !== null });
        return row.root;
    }

    /** Draws the end of the list. Observing it again loads the next page if it's in view. */
    #drawEnd() {
        const note = this.#isLoading ? t("loading")
            : this.#found?.sessions.length === 0 ? t("search.none")
            : this.#isLoaded && !this.#found && !this.#sessions.size ? t("chats.none") : "";
        this.#end.replaceChildren(...(note ? [element("p", { class: "list-note" }, note)] : []));
        this.#watcher.unobserve(this.#end);
        this.#watcher.observe(this.#end);
    }

    async #rename(session, title) {
        const renamed = await this.api.renameSession(session, title);
        this.take(renamed);
        this.hooks.onRenamed(renamed);
        return renamed;
    }

    /** @param {Session} session */
    async #remove(session) {
        const isSure = await confirmDanger({
            title: t("delete.title"), text: t("delete.text", { title: titleOf(session) }), action: t("delete.action"),
        });
        if (!isSure) return;
        try {
            await this.api.deleteSession(session.id);
            this.forget(session.id);
            this.announcer.say(t("delete.done"));
            this.hooks.onDeleted(session.id);
        } catch (error) {
            this.#tell(error, () => void this.#remove(session));
        }
    }

    #tell(error, retry) {
        if (this.hooks.onFailure(error)) return;
        if (error instanceof ApiError && error.status === 404) return void this.refresh();
        this.toasts.error(explain(error), retry);
    }
}

/** @param {Session} session */
function changeOf(session) {
    return Date.parse(session.updated_at);
}

/** @param {string} period Empty for an ungrouped list. @param {HTMLElement[]} rows */
function section(period, rows) {
    const list = element("ul", {}, ...rows);
    if (!period) return list;
    return element("section", { "aria-label": period }, element("h2", { class: "period" }, period), list);
}
