/** Downloads a chat as a file. */

import { titleOf } from "./chat-row.js";
import { formatMoment, t } from "./i18n.js";

/**
 * @param {import("./api.js").Api} api
 * @param {import("./api.js").Session} session
 * @param {"markdown" | "json"} format
 */
export async function saveChat(api, session, format) {
    /** @type {import("./api.js").Message[]} */
    const messages = [];
    let before;
    do {
        const page = await api.messages(session.id, { before, limit: 100 });
        messages.unshift(...page.messages);
        before = page.previous_cursor;
    } while (before);
    const isJSON = format === "json";
    const text = isJSON ? JSON.stringify({ session, messages }, null, 2) : markdown(session, messages);
    const name = titleOf(session).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "chat";
    download(`${name}.${isJSON ? "json" : "md"}`, isJSON ? "application/json" : "text/markdown", text);
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

function download(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // Give the web browser time to start reading the blob.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
