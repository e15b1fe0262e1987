/** The dialog with the chats that the user has put away. */

import { titleOf } from "./chat-row.js";
import { showDialog } from "./dialogs.js";
import { element } from "./elements.js";
import { explain } from "./errors.js";
import { formatMoment, t } from "./i18n.js";
import { pathOf } from "./router.js";

/**
 * @param {import("./api.js").Api} api
 * @param {(session: import("./api.js").Session) => void} onRestored
 */
export async function showArchived(api, onRestored) {
    const list = element("ul", { class: "kept" });
    const problem = element("p", { class: "field-problem", role: "alert" });
    const more = element("button", { class: "button", type: "button", hidden: true }, t("archived.more"));
    const none = element("p", { class: "muted", hidden: true }, t("archived.none"));
    /** @type {string | undefined} */
    let cursor;

    async function load() {
        problem.textContent = "";
        try {
            const page = await api.sessions({ isArchived: true, cursor });
            list.append(...page.sessions.map(row));
            cursor = page.next_cursor;
            more.hidden = !cursor;
            none.hidden = list.childElementCount > 0;
        } catch (error) {
            problem.textContent = explain(error);
            more.hidden = false;
        }
    }

    /** @param {import("./api.js").Session} session */
    function row(session) {
        const title = titleOf(session);
        const restore = async () => {
            problem.textContent = "";
            try {
                onRestored(await api.placeSession(session.id, "list"));
                const next = made.nextElementSibling ?? made.previousElementSibling;
                made.remove();
                none.hidden = list.childElementCount > 0;
                (next?.querySelector("button") ?? list.closest("dialog")?.querySelector("button"))?.focus();
            } catch (error) {
                problem.textContent = explain(error);
            }
        };
        const made = element(
            "li", {},
            element(
                "div", {},
                // The page's router follows it.
                element(
                    "a", { href: pathOf(session.id), dir: "auto", onClick: () => list.closest("dialog")?.close() }, title),
                element("div", { class: "muted" }, formatMoment(session.updated_at))),
            element(
                "button", {
                    class: "button", type: "button", "aria-label": t("archived.restoreWhat", { title }),
                    onClick: () => void restore(),
                }, t("chat.unarchive")));
        return made;
    }

    more.addEventListener("click", () => void load());
    void load();
    await showDialog({
        title: t("archived.title"), content: [none, list, more, problem],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
    });
}
