/** Downloads a chat as a file. */

import { titleOf } from "./chat-row.js";
import { formatMoment, t } from "./i18n.js";

/**
 * @param {import("./api.js").Api} api
 * @param {import("./api.js").Session} session
 * @param {"markdown" | "json"} format
 */
export async function saveChat(api, session, format) {
    const messages = await allMessages(api, session.id);
    const isJSON = format === "json";
    const text = isJSON ? JSON.stringify({ session, messages }, null, 2) : markdown(session, messages);
    const name = titleOf(session).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "chat";
    const type = `${isJSON ? "application/json" : "text/markdown"};charset=utf-8`;
    download(`${name}.${isJSON ? "json" : "md"}`, new Blob([text], { type }));
}

/** @param {import("./api.js").Api} api @param {string} id The chat's. @param {AbortSignal} [signal] */
export async function allMessages(api, id, signal) {
    /** @type {import("./api.js").Message[]} */
    const messages = [];
    let before;
    do {
        const page = await api.messages(id, { before, limit: 100, signal });
        messages.unshift(...page.messages);
        before = page.previous_cursor;
    } while (before);
    return messages;
}

function markdown(session, messages) {
    const parts = messages.map((message) => {
        const who = t(message.role === "user" ? "save.you" : "save.agent");
        const steps = message.kind === "steps" ? (message.details?.steps ?? []).map((step) => `- ${step.title}`) : [];
        const head = `**${who}** · ${formatMoment(message.created_at)}`;
        return [head, "", message.content, "", ...steps].join("\n").trim();
    });
    return `# ${titleOf(session)}\n\n${parts.join("\n\n")}\n`;
}

/** @param {string} name @param {Blob} content */
export function download(name, content) {
    const url = URL.createObjectURL(content);
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // Give the web browser time to start reading the blob.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
