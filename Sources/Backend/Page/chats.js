/**
 * The chat list: pinned chats, then the most recently changed first, loaded page by page while scrolling, with search.
 *
 * @typedef {import("./api.js").Session} Session
 * @typedef {object} ChatsHooks
 * @property {(id: string) => void} onDeleted
 * @property {(id: string) => void} onRestored Called with the chat that was open when it was deleted.
 * @property {(session: Session) => void} onRenamed
 * @property {(error: unknown) => boolean} onFailure Returns whether it handled the error, such as an ended sign-in.
 * @property {(sessions: Session[]) => void} onLoaded Called with the newest state of chats.
 * @property {() => boolean} isAwaited Whether the states matter while the page is hidden.
 */

import { ChatRow, stateOf, titleOf } from "./chat-row.js";
import { Deletions } from "./deletions.js";
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

    #deletions;

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
     * @param {string} user The ID of the user.
     * @param {ChatsHooks} hooks
     */
    constructor(elements, api, toasts, announcer, titleLimit, user, hooks) {
        this.elements = elements;
        this.api = api;
        this.toasts = toasts;
        this.announcer = announcer;
        this.titleLimit = titleLimit;
        this.hooks = hooks;
        this.#deletions = new Deletions(user, (id, isLeaving) => this.api.deleteSession(id, isLeaving));
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
        if (this.#deletions.has(session.id)) return;
        const oldest = [...this.#sessions.values()].at(-1);
        const isInReach = !this.#cursor || !oldest || compare(session, oldest) <= 0;
        if (session.placement === "archived") this.#sessions.delete(session.id);
        else if (this.#sessions.has(session.id) || isInReach) this.#sessions.set(session.id, session);
        if (this.#found) {
            this.#found.sessions = this.#found.sessions.map((found) => found.id === session.id ? session : found);
        }
        this.#draw();
    }

    /** Deletes for good what could still be undone, because the user signs out. */
    finishDeletions() {
        return this.#deletions.finishAll();
    }

    /** Removes a chat from the list. The focus goes to its neighbor. @param {string} id */
    forget(id) {
        const row = this.#rows.get(id)?.root;
        const next = row?.nextElementSibling ?? row?.previousElementSibling;
        this.#sessions.delete(id);
        if (this.#found) this.#found.sessions = this.#found.sessions.filter((found) => found.id !== id);
        this.#draw();
        if (document.activeElement === document.body || this.#body.contains(document.activeElement)) {
            next?.querySelector("a")?.focus({ preventScroll: true });
        }
    }

    /** Reloads the newest chats, which other tabs and devices may have changed. */
    async refresh() {
        if (this.#isLoading) return;
        this.#isLoading = true;
        this.#drawEnd();
        try {
            await this.#deletions.finishAbandoned();
            const { sessions, next_cursor: cursor } = await this.api.sessions();
            const oldest = cursor ? sessions.at(-1) : null;
            for (const known of [...this.#sessions.values()]) {
                if (!oldest || compare(known, oldest) < 0) this.#sessions.delete(known.id);
            }
            if (!this.#isLoaded || !cursor) this.#cursor = cursor;
            this.#isLoaded = true;
            this.#add(sessions);
            this.#draw();
        } catch (error) {
            this.#failed(error, this.#isLoaded);
            return;
        } finally {
            this.#isLoading = false;
        }
        this.#drawEnd();
    }

    /** @param {Session[]} sessions */
    #add(sessions) {
        for (const session of sessions) {
            if (!this.#deletions.has(session.id)) this.#sessions.set(session.id, session);
        }
        this.hooks.onLoaded(sessions.filter((session) => !this.#deletions.has(session.id)));
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
                this.#add(page.sessions);
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

    /** How many chats wait for the user, beside the open one. */
    get waitingElsewhere() {
        return [...this.#sessions.values()]
            .filter((session) => session.id !== this.#current && stateOf(session) === "waiting").length;
    }

    /** Refreshes the list while chats have runs, because this page isn't notified of the state of those that aren't open. */
    #refreshIfWorthwhile() {
        const isHidden = document.visibilityState !== "visible";
        if (isHidden && !this.hooks.isAwaited()) return;
        const isWorthwhile = [...this.#sessions.values()].some(({ id, run }) => run && (isHidden || id !== this.#current));
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
        const groups = this.#found ? [["", this.#found.sessions]] : this.#sections();
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

    #sections() {
        const sessions = [...this.#sessions.values()].sort(compare);
        this.#sessions = new Map(sessions.map((session) => [session.id, session]));
        return [...Map.groupBy(sessions, ({ placement, updated_at: time }) =>
            placement === "pinned" ? t("chats.pinned") : formatPeriod(time))];
    }

    #row(session) {
        let row = this.#rows.get(session.id);
        if (!row) {
            row = new ChatRow(session, {
                rename: (renamed, title) => this.#rename(renamed, title),
                place: (placed, placement) => void this.#place(placed, placement),
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

    /** @param {Session} session @param {Session["placement"]} placement */
    async #place(session, placement) {
        const before = session.placement;
        try {
            this.take(await this.api.placeSession(session.id, placement));
            if (placement === "archived" && !this.#found) this.forget(session.id);
            const undo = () => void this.#place({ ...session, placement }, before);
            if (placement === "archived") this.toasts.undoable(t("chat.archive.done"), undo, () => {});
        } catch (error) {
            this.#tell(error, () => void this.#place(session, placement));
        }
    }

    /**
     * Deletes a chat once the time for undoing it is over. A chat whose agents are at work is deleted at once, because
     * what stops them can't be undone.
     * @param {Session} session
     */
    async #remove(session) {
        const isCurrent = session.id === this.#current;
        if (session.run) {
            const text = t("delete.text", { title: titleOf(session) });
            const isSure = await confirmDanger({ title: t("delete.title"), text, action: t("delete.action") });
            if (!isSure) return;
        }
        this.#deletions.add(session.id);
        this.forget(session.id);
        this.hooks.onDeleted(session.id);
        if (session.run) return this.#removeNow(session);
        this.toasts.undoable(t("delete.undoable", { title: titleOf(session) }), () => {
            if (!this.#deletions.undo(session.id)) return this.toasts.error(t("chat.gone"));
            this.take(session);
            void this.#find();
            if (isCurrent) this.hooks.onRestored(session.id);
        }, () => void this.#removeNow(session));
    }

    /** @param {Session} session */
    async #removeNow(session) {
        try {
            await this.#deletions.finish(session.id);
            if (session.run) this.announcer.say(t("delete.done"));
        } catch (error) {
            this.take(session);
            this.#tell(error, () => void this.#remove(session));
        }
    }

    #tell(error, retry) {
        if (this.hooks.onFailure(error)) return;
        if (error instanceof ApiError && error.status === 404) return void this.refresh();
        this.toasts.error(explain(error), retry);
    }
}

/** The order of the list, negative if the first comes first. @param {Session} one @param {Session} other */
function compare(one, other) {
    const rank = (/** @type {Session} */ { placement }) => placement === "pinned" ? 0 : 1;
    return rank(one) - rank(other) || Date.parse(other.updated_at) - Date.parse(one.updated_at);
}

/** @param {string} period Empty for an ungrouped list. @param {HTMLElement[]} rows */
function section(period, rows) {
    const list = element("ul", {}, ...rows);
    if (!period) return list;
    return element("section", { "aria-label": period }, element("h2", { class: "period" }, period), list);
}
