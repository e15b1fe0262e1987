/** The dialog for everything that is stored about the user: exporting it, and deleting it. */

import { confirmDanger, showDialog } from "./dialogs.js";
import { element } from "./elements.js";
import { explain } from "./errors.js";
import { t } from "./i18n.js";
import { allMessages, download } from "./save-chat.js";
import { pack } from "./tar.js";

/**
 * @param {import("./api.js").Api} api
 * @param {() => void} onDeleted Called when everything, or a part of it, has been deleted.
 */
export async function showYourData(api, onDeleted) {
    const leave = new AbortController();
    const status = element("p", { class: "muted", role: "status" });
    const problem = element("p", { class: "field-problem", role: "alert" });
    const button = (/** @type {string} */ kind, /** @type {string} */ key, /** @type {() => Promise<void>} */ work) => element(
        "button", {
            class: `button ${kind}`, type: "button", onClick: async () => {
                problem.textContent = "";
                for (const each of [exporting, deleting]) each.disabled = true;
                try {
                    await work();
                } catch (error) {
                    status.textContent = "";
                    if (!leave.signal.aborted) problem.textContent = explain(error);
                }
                for (const each of [exporting, deleting]) each.disabled = false;
            },
        }, t(key));
    const say = (/** @type {string} */ words) => { status.textContent = words; };
    const exporting = button("", "data.export", async () => {
        download(`ai4ai-${new Date().toISOString().slice(0, 10)}.tar.gz`, await exportAll(api, say, leave.signal));
        say(t("data.exported"));
    });
    const deleting = button("danger", "data.delete", async () => {
        const question = { title: t("data.deleteTitle"), text: t("data.deleteText"), action: t("data.delete") };
        if (!await confirmDanger(question)) return;
        try {
            await deleteAll(api, say, leave.signal);
            say(t("data.deleted"));
        } finally {
            onDeleted();
        }
    });
    await showDialog({
        title: t("data.title"),
        content: [
            element("p", {}, t("data.exportAbout")), element("div", { class: "dialog-action" }, exporting),
            element("p", {}, t("data.deleteAbout")), element("div", { class: "dialog-action" }, deleting), status, problem,
        ],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
        // A click beside it doesn't stop what has begun.
        isUrgent: true,
    });
    leave.abort();
}

/**
 * All chats with their files, the user's recipes, and what is kept, without the values of secrets.
 * @param {import("./api.js").Api} api @param {(words: string) => void} say @param {AbortSignal} signal
 */
async function exportAll(api, say, signal) {
    /** @type {{ name: string, content: Blob }[]} */
    const files = [];
    const add = (/** @type {string} */ name, /** @type {any} */ value) =>
        files.push({ name, content: new Blob([JSON.stringify(value, null, 2)]) });
    const sessions = [...await allSessions(api, false, signal), ...await allSessions(api, true, signal)];
    for (const [index, session] of sessions.entries()) {
        say(t("data.exporting", { place: index + 1, count: sessions.length }));
        const messages = await allMessages(api, session.id, signal);
        add(`chats/${session.id}.json`, { session, messages });
        for (const file of messages.flatMap(filesOf)) {
            const content = await api.file(session.id, file.id);
            signal.throwIfAborted();
            if (content) files.push({ name: `files/${index + 1}-${files.length}-${plain(file.name)}`, content });
        }
    }
    const { recipes } = await api.recipes();
    for (const { name } of recipes.filter(({ state }) => state !== "shared")) {
        const { recipe } = await api.recipe(name);
        if (recipe) files.push({ name: `recipes/${files.length}-${plain(name)}.json`, content: new Blob([recipe]) });
    }
    add("kept.json", await api.kept());
    return pack(files);
}

/** @param {import("./api.js").Api} api @param {(words: string) => void} say @param {AbortSignal} signal */
async function deleteAll(api, say, signal) {
    // The chats first: a task that still runs may keep and remember something.
    const sessions = [...await allSessions(api, false, signal), ...await allSessions(api, true, signal)];
    for (const [index, { id }] of sessions.entries()) {
        say(t("data.deleting", { place: index + 1, count: sessions.length }));
        await api.deleteSession(id);
        signal.throwIfAborted();
    }
    const { recipes } = await api.recipes();
    for (const { name } of recipes.filter(({ state }) => state !== "shared")) await api.removeRecipe(name);
    await api.forgetAllKept();
}

/** @param {import("./api.js").Api} api @param {boolean} isArchived @param {AbortSignal} signal */
async function allSessions(api, isArchived, signal) {
    /** @type {import("./api.js").Session[]} */
    const sessions = [];
    let cursor;
    do {
        const page = await api.sessions({ isArchived, cursor, limit: 100, signal });
        sessions.push(...page.sessions);
        cursor = page.next_cursor;
    } while (cursor);
    return sessions;
}

/** The files of a message. @param {import("./api.js").Message} message @returns {import("./files.js").StoredFile[]} */
function filesOf(message) {
    return message.kind === "file" ? [message.details] : message.details?.files ?? [];
}

/** A name that every file system takes. @param {string} name */
function plain(name) {
    return name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-50);
}
