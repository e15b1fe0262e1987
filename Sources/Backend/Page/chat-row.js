/**
 * A row of the chat list: a link, a status dot, and a menu to rename, pin, archive, save, and delete the chat.
 *
 * @typedef {import("./api.js").Session} Session
 * @typedef {object} RowHooks
 * @property {(session: Session, title: string) => Promise<Session>} rename
 * @property {(session: Session, placement: Session["placement"]) => void} place
 * @property {(session: Session) => void} remove
 * @property {(session: Session, format: "markdown" | "json") => void} save
 * @property {(isRenaming: boolean) => void} onRenaming
 * @property {number} titleLimit
 */

import { element, freshID } from "./elements.js";
import { ApiError, explain } from "./errors.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { openMenu } from "./popup-menu.js";
import { pathOf } from "./router.js";

/** @param {Session} session */
export function titleOf(session) {
    return session.title || t("untitled");
}

/**
 * The status of the chat's run. A question that wasn't answered in time has expired.
 * @param {Session} session
 * @returns {"running" | "waiting" | "expired" | null}
 */
export function stateOf({ run }) {
    if (run?.state === "waiting" && Date.parse(run.expires_at ?? "") <= Date.now()) return "expired";
    return run?.state ?? null;
}

export class ChatRow {
    root = element("li", { class: "chat" });
    /** @type {Session} */
    #session;
    #hooks;
    #name = element("span", { class: "chat-name", dir: "auto" });
    #preview = element("span", { class: "chat-preview", hidden: true });
    #dot = element("span", { class: "dot", hidden: true });
    #state = element("span", { class: "visually-hidden" });
    #link = element("a", { class: "chat-link" }, this.#name, this.#preview, this.#state);
    #menu = element("button", {
        class: "icon-button chat-menu", type: "button", "aria-haspopup": "menu", "aria-expanded": "false",
        onClick: () => this.#openMenu(),
    }, icon("more"));

    /** @param {Session} session @param {RowHooks} hooks */
    constructor(session, hooks) {
        this.#hooks = hooks;
        this.root.append(this.#link, this.#dot, this.#menu);
        this.show(session, { isCurrent: false, isFound: false });
    }

    /** @param {Session} session @param {{ isCurrent: boolean, isFound: boolean }} how */
    show(session, { isCurrent, isFound }) {
        this.#session = session;
        const title = titleOf(session);
        this.#link.href = pathOf(session.id);
        this.#link.title = title;
        if (isCurrent) this.#link.setAttribute("aria-current", "page");
        else this.#link.removeAttribute("aria-current");
        this.#name.textContent = title;
        // Which of the chats that a search has found are archived.
        this.#preview.textContent = session.placement === "archived"
            ? t("chat.archived", { preview: session.preview }) : session.preview;
        this.#preview.hidden = !isFound || !this.#preview.textContent;
        const state = stateOf(session);
        const words = state ? t(`state.${state}`) : "";
        this.#dot.hidden = !state;
        this.#dot.className = `dot ${state ?? ""}`;
        this.#dot.title = words;
        this.#state.textContent = words && `, ${words}`;
        this.#menu.setAttribute("aria-label", t("chat.menu", { title }));
    }

    #openMenu() {
        const session = this.#session;
        const { placement } = session;
        const place = (/** @type {Session["placement"]} */ wanted) => () => this.#hooks.place(session, wanted);
        openMenu(this.#menu, [
            { label: t("chat.rename"), picture: "edit", onChoose: () => this.#rename() },
            placement === "pinned"
                ? { label: t("chat.unpin"), picture: "pin", onChoose: place("list") }
                : { label: t("chat.pin"), picture: "pin", onChoose: place("pinned") },
            placement === "archived"
                ? { label: t("chat.unarchive"), picture: "restore", onChoose: place("list") }
                : { label: t("chat.archive"), picture: "archive", onChoose: place("archived") },
            { label: t("chat.saveMarkdown"), picture: "save", onChoose: () => this.#hooks.save(session, "markdown") },
            { label: t("chat.saveJSON"), picture: "save", onChoose: () => this.#hooks.save(session, "json") },
            { label: t("chat.delete"), picture: "trash", isDanger: true, onChoose: () => this.#hooks.remove(session) },
        ]);
    }

    /** Replaces the link with a text field until the new title is saved or discarded. */
    #rename() {
        const problem = freshID("rename");
        const field = element("input", {
            class: "chat-field", value: this.#session.title, maxlength: this.#hooks.titleLimit,
            "aria-label": t("chat.newTitle"), "aria-describedby": problem, autocomplete: "off",
        });
        const error = element("p", { id: problem, class: "field-error", role: "alert", hidden: true });
        const form = element("form", { class: "chat-rename" }, field, error);
        let isBusy = false;
        const end = () => {
            if (!form.isConnected) return;
            isBusy = true;
            const hadFocus = form.contains(document.activeElement);
            form.replaceWith(this.#link);
            this.#dot.hidden = !this.#session.run;
            this.#menu.hidden = false;
            if (hadFocus) this.#link.focus();
            this.#hooks.onRenaming(false);
        };
        const keep = async () => {
            const title = field.value.trim();
            if (isBusy) return;
            if (!title || title === this.#session.title) return end();
            isBusy = true;
            try {
                this.#session = await this.#hooks.rename(this.#session, title);
                end();
            } catch (failure) {
                const isConflict = failure instanceof ApiError && failure.status === 409 && failure.problem.current;
                if (isConflict) this.#session = failure.problem.current;
                error.textContent = isConflict
                    ? t("chat.renamedElsewhere", { title: titleOf(this.#session) }) : explain(failure);
                error.hidden = false;
                field.setAttribute("aria-invalid", "true");
                isBusy = false;
                field.focus();
            }
        };
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            void keep();
        });
        field.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            event.stopPropagation();
            end();
        });
        field.addEventListener("blur", () => {
            // On the first blur, save the title; after a failed attempt, discard it. If the window itself loses the
            // focus, keep editing.
            if (isBusy || !document.hasFocus()) return;
            if (error.hidden) void keep();
            else end();
        });
        this.#hooks.onRenaming(true);
        this.#link.replaceWith(form);
        this.#dot.hidden = true;
        this.#menu.hidden = true;
        field.select();
        field.focus();
    }
}
